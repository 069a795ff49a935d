// A chat as a file that the reader keeps.

import type { Feature } from '../../frame/feature.ts';

export const exports: Feature = { name: 'exports', dialogs: { exportChat: () => import('./ExportChat.svelte') } };
