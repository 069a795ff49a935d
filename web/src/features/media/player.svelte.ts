// One thing plays at a time, and goes on while one looks elsewhere: a recording here, or what the page has of its own.

import type { Attachment, Jid, Message, MessageId } from '../../store/types.ts';

/** What a headset moves by, unless it says so. */
const STEP_S = 10;
const SPEEDS = [1, 1.5, 2] as const;

class Player {
  key = $state<string | undefined>(undefined);
  playing = $state(false);
  seconds = $state(0);
  length = $state(0);
  speed = $state<number>(1);
  title = $state('');
  /** Where it is from. */
  from = $state.raw<{ chat: Jid; message: MessageId } | undefined>(undefined);
  #audio: HTMLAudioElement | undefined;

  toggle(message: Message, attachment: Attachment, index: number): void {
    const key = `${message.chat} ${message.id} ${index}`;
    if (this.key === key) return this.resume();
    this.stop();
    if (!attachment.url) return;
    const audio = new Audio(attachment.url);
    this.#audio = audio;
    this.key = key;
    this.title = message.from.name;
    this.from = { chat: message.chat, message: message.id };
    this.length = attachment.duration ?? 0;
    audio.playbackRate = this.speed;
    audio.onplay = () => {
      this.playing = true;
      hushPage();
    };
    audio.onpause = () => (this.playing = false);
    audio.ontimeupdate = () => (this.seconds = audio.currentTime);
    audio.onloadedmetadata = () => {
      if (Number.isFinite(audio.duration)) this.length = audio.duration;
    };
    audio.onended = () => this.stop();
    audio.onerror = () => this.stop();
    this.#onLockScreen(audio);
    void audio.play().catch(() => this.stop());
  }

  /** The buttons of a headset and of a locked screen. */
  #onLockScreen(audio: HTMLAudioElement): void {
    if (!('mediaSession' in navigator)) return;
    const { mediaSession } = navigator;
    mediaSession.metadata = new MediaMetadata({ title: this.title });
    const by = (seconds: number): void => void (audio.currentTime = Math.max(0, audio.currentTime + seconds));
    mediaSession.setActionHandler('seekbackward', ({ seekOffset }) => by(-(seekOffset ?? STEP_S)));
    mediaSession.setActionHandler('seekforward', ({ seekOffset }) => by(seekOffset ?? STEP_S));
    mediaSession.setActionHandler('seekto', ({ seekTime }) => void (seekTime !== undefined && (audio.currentTime = seekTime)));
    mediaSession.setActionHandler('stop', () => this.stop());
  }

  /** The same again, or a rest. */
  resume(): void {
    if (this.playing) this.pause();
    else void this.#audio?.play().catch(() => this.stop());
  }

  pause(): void {
    this.#audio?.pause();
  }

  seek(fraction: number): void {
    if (this.#audio && this.length) this.#audio.currentTime = Math.max(0, Math.min(1, fraction)) * this.length;
  }

  faster(): void {
    const at = SPEEDS.findIndex((speed) => speed === this.speed);
    this.speed = SPEEDS[(at + 1) % SPEEDS.length] ?? 1;
    if (this.#audio) this.#audio.playbackRate = this.speed;
  }

  stop(): void {
    if (this.#audio) {
      this.#audio.onpause = null;
      this.#audio.pause();
    }
    this.#audio = undefined;
    this.key = undefined;
    this.from = undefined;
    this.playing = false;
    this.seconds = 0;
  }
}

export const player = new Player();

/** What sounds in the page itself: a film, a recording before it is sent. Silent pictures that move are not meant. */
function hushPage(but?: EventTarget | null): void {
  for (const one of document.querySelectorAll<HTMLMediaElement>('video, audio')) if (one !== but && !one.muted && !one.paused) one.pause();
}

document.addEventListener('play', ({ target }) => {
  if (!(target instanceof HTMLMediaElement) || target.muted) return;
  player.pause();
  hushPage(target);
}, true);
