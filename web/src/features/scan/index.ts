// Codes that are looked at with the camera: of another device, an invitation, a group, a person.

import type { Feature } from '../../frame/feature.ts';
import { openDialog } from '../../frame/shell.svelte.ts';
import { iconScan } from '../../ui/icons.ts';

export const scan: Feature = {
  name: 'scan',
  dialogs: { scan: () => import('./Scan.svelte') },
  commands: [{ id: 'scan', label: 'scan.title', icon: iconScan, perform: () => openDialog('scan', {}) }],
};
