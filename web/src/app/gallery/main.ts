// The gallery: every screen in every state, from an Api without a server. `?state=…&theme=…&contrast=…&lang=…`,
// then the client's own places behind `#`. `?pieces` shows the design system's pieces.

import { mount } from 'svelte';
import { setLanguage, setPref, startPrefs } from '../../frame/prefs.svelte.ts';
import { start } from '../start.ts';
import { fake, type State } from './fake.ts';
import { NOW, type Tongue } from './people.ts';
import { photos } from './photos.ts';
import Pieces from './Pieces.svelte';

const wanted = new URLSearchParams(location.search);
const target = document.getElementById('app');

// The clock stands still, or every picture would differ from the last.
Date.now = () => NOW + 20_000;

const tongue = (wanted.get('lang') ?? 'en') as Tongue;
setPref('theme', (wanted.get('theme') ?? 'light') as 'light' | 'dark');
setPref('contrast', wanted.get('contrast') === 'more' ? 'more' : 'normal');
setPref('language', tongue);
setPref('dye', (wanted.get('dye') ?? 'indigo') as 'indigo');
setPref('ground', (wanted.get('ground') ?? 'strands') as 'strands');
setPref('textScale', Number(wanted.get('scale') ?? 1));
if (target && wanted.has('pieces')) {
  await startPrefs();
  await setLanguage(tongue);
  mount(Pieces, { target, props: { photos: await photos() } });
} else if (target) {
  await start(fake(tongue, (wanted.get('state') ?? 'full') as State, await photos()), target);
}
if (wanted.get('dir') === 'rtl') document.documentElement.dir = 'rtl';
document.documentElement.dataset['ready'] = 'yes';
