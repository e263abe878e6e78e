/** Repairs of the link that opened the page: one sentence for each wrong field. */
import { createStore } from 'zustand/vanilla';

export const repairsStore = createStore<readonly string[]>()(() => []);
