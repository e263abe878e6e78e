/** The page's few icons: 16 px, one weight, in the colour of the text beside them. */
import type { ReactNode } from 'react';

const PATHS = {
  play: <path d="M4.5 2.8v10.4L13 8z" fill="currentColor" stroke="none" />,
  pause: <path d="M4 3h3v10H4zM9 3h3v10H9z" fill="currentColor" stroke="none" />,
  step: (
    <>
      <path d="M3 3v10l6.5-5z" fill="currentColor" stroke="none" />
      <path d="M12 3v10" />
    </>
  ),
  reset: (
    <>
      <path d="M3.2 5.2A5.6 5.6 0 1 1 2.4 8" />
      <path d="M3 1.9v3.5h3.5" />
    </>
  ),
  dice: (
    <>
      <rect x="2.5" y="2.5" width="11" height="11" rx="2" />
      <path d="M5.5 5.5h.01M10.5 5.5h.01M8 8h.01M5.5 10.5h.01M10.5 10.5h.01" strokeWidth="2" />
    </>
  ),
  expand: <path d="M9.5 2.5h4v4M6.5 13.5h-4v-4M13.2 2.8 9 7M2.8 13.2 7 9" />,
  power: (
    <>
      <path d="M8 1.8v5.4" />
      <path d="M4.6 4.2a5 5 0 1 0 6.8 0" />
    </>
  ),
  back: <path d="M9.5 3 4.5 8l5 5" />,
  close: <path d="m3.5 3.5 9 9m0-9-9 9" />,
  plus: <path d="M8 3v10M3 8h10" />,
  sliders: <path d="M2 4.5h6m4 0h2M8 2.5v4M2 11.5h2m4 0h6M4 9.5v4" />,
  chevron: <path d="m4 6 4 4 4-4" />,
  edit: <path d="M10.8 2.6 13.4 5.2 5.6 13H3v-2.6zM9.2 4.2l2.6 2.6" />,
} as const satisfies Record<string, ReactNode>;

type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {PATHS[name]}
    </svg>
  );
}
