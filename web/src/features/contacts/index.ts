// People: contacts, requests, invitations, cards.

import type { Feature } from '../../frame/feature.ts';
import { iconContacts } from '../../ui/icons.ts';
import CardBody from './CardBody.svelte';

export const contacts: Feature = {
  name: 'contacts',
  views: { contacts: () => import('./Contacts.svelte').then((part) => ({ Pane: part.default })) },
  bodies: { contact: CardBody },
  dialogs: {
    newChat: () => import('./NewChat.svelte'),
    addContact: () => import('./AddContact.svelte'),
    rename: () => import('./Rename.svelte'),
    invite: () => import('./Invite.svelte'),
    choosePeople: () => import('./ChoosePeople.svelte'),
    report: () => import('./Report.svelte'),
    sendCard: () => import('./SendCard.svelte'),
  },
  attachables: [{ id: 'card', label: 'compose.contact', icon: iconContacts, hue: 296, dialog: 'sendCard' }],
  info: { person: () => import('./PersonInfo.svelte'), self: () => import('./PersonInfo.svelte') },
};
