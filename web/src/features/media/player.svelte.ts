// One thing plays at a time, and goes on while one looks elsewhere.

import type { Attachment, Message } from '../../store/types.ts';

const SPEEDS = [1, 1.5, 2] as const;

class Player {
  key = $state<string | undefined>(undefined);
  playing = $state(false);
  seconds = $state(0);
  length = $state(0);
  speed = $state<number>(1);
  title = $state('');
  #audio: HTMLAudioElement | undefined;

  toggle(message: Message, attachment: Attachment, index: number): void {
    const key = `${message.chat} ${message.id} ${index}`;
    if (this.key === key && this.#audio) {
      if (this.playing) this.#audio.pause();
      else void this.#audio.play().catch(() => this.stop());
      return;
    }
    this.stop();
    if (!attachment.url) return;
    const audio = new Audio(attachment.url);
    this.#audio = audio;
    this.key = key;
    this.title = message.from.name;
    this.length = attachment.duration ?? 0;
    audio.playbackRate = this.speed;
    audio.onplay = () => (this.playing = true);
    audio.onpause = () => (this.playing = false);
    audio.ontimeupdate = () => (this.seconds = audio.currentTime);
    audio.onloadedmetadata = () => {
      if (Number.isFinite(audio.duration)) this.length = audio.duration;
    };
    audio.onended = () => this.stop();
    audio.onerror = () => this.stop();
    if ('mediaSession' in navigator) navigator.mediaSession.metadata = new MediaMetadata({ title: this.title });
    void audio.play().catch(() => this.stop());
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
    this.playing = false;
    this.seconds = 0;
  }
}

export const player = new Player();
