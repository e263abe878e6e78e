/** A display formula. KaTeX is loaded with the first one; until then, or if it fails, the TeX source is shown. */
import { useEffect, useState } from 'react';

async function render(tex: string): Promise<string> {
  const [{ default: katex }] = await Promise.all([import('katex'), import('katex/dist/katex.min.css')]);
  return katex.renderToString(tex, { displayMode: true, output: 'htmlAndMathml', throwOnError: true });
}

export function Formula({ tex }: { tex: string }) {
  const [html, setHtml] = useState<string | null>(null);
  useEffect(() => {
    let left = false;
    render(tex).then(
      (markup) => !left && setHtml(markup),
      (error: unknown) => console.error('A formula could not be set:', error),
    );
    return () => {
      left = true;
    };
  }, [tex]);
  if (html === null) return <code className="formula-source">{tex}</code>;
  // Our own TeX, set by KaTeX: nothing here comes from outside.
  return <div className="formula" dangerouslySetInnerHTML={{ __html: html }} />;
}
