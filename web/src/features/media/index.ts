// Pictures, videos, voices and documents.

import type { Feature } from '../../frame/feature.ts';
import { iconCamera, iconDocument, iconImage } from '../../ui/icons.ts';
import File from './File.svelte';
import Pictures from './Pictures.svelte';
import Playing from './Playing.svelte';
import Voice from './Voice.svelte';

const touch = (): boolean => matchMedia('(pointer: coarse) and (hover: none)').matches;

export const media: Feature = {
  name: 'media',
  bars: [Playing],
  bodies: { image: Pictures, video: Pictures, voice: Voice, audio: Voice, file: File },
  dialogs: { viewer: () => import('./Viewer.svelte'), sendFiles: () => import('./SendFiles.svelte'), editPicture: () => import('./EditPicture.svelte'), camera: () => import('./Camera.svelte'), once: () => import('./Once.svelte') },
  attachables: [
    { id: 'photo', label: 'compose.photo', icon: iconImage, hue: 270, accept: 'image/*,video/*' },
    // A phone's own camera is the better one; elsewhere it is looked through here.
    touch() ? { id: 'camera', label: 'compose.camera', icon: iconCamera, hue: 350, accept: 'image/*', capture: true } : { id: 'camera', label: 'compose.camera', icon: iconCamera, hue: 350, dialog: 'camera' },
    { id: 'file', label: 'compose.file', icon: iconDocument, hue: 182 },
  ],
};
