/** What was not right in the link that opened the page, and what it is now: one sentence for each field. */
import { createStore } from 'zustand/vanilla';

export const repairsStore = createStore<readonly string[]>()(() => []);
