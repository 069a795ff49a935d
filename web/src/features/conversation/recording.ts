// A voice message while it is recorded: the container the browser has, and the loudness over time.

/** Bars of a waveform that is sent. */
export const BARS = 48;

/** The first of these that the browser can record: all hold Opus, but for the last. */
const TYPES = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4'];

export interface Recording {
  blob: Blob;
  duration: number;
  waveform: number[];
}

/** Any number of levels as `bars` of them, the loudest of each stretch, so that the highest is 1. */
export function bars(levels: readonly number[], count = BARS): number[] {
  if (levels.length === 0) return Array.from({ length: count }, () => 0);
  const out = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * levels.length) / count);
    const to = Math.max(from + 1, Math.floor(((i + 1) * levels.length) / count));
    return Math.max(...levels.slice(from, to));
  });
  const top = Math.max(...out, 0.05);
  return out.map((level) => Math.round((level / top) * 100) / 100);
}

export class Recorder {
  readonly levels: number[] = [];
  readonly #stream: MediaStream;
  readonly #recorder: MediaRecorder;
  readonly #context: AudioContext;
  readonly #parts: Blob[] = [];
  /** Milliseconds that were recorded before the last pause, and when it went on. */
  #before = 0;
  #since = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(stream: MediaStream, onlevel: (level: number, seconds: number) => void) {
    this.#stream = stream;
    const type = TYPES.find((candidate) => MediaRecorder.isTypeSupported(candidate));
    this.#recorder = new MediaRecorder(stream, { ...(type ? { mimeType: type } : {}), audioBitsPerSecond: 32_000 });
    this.#recorder.ondataavailable = (event) => this.#parts.push(event.data);
    this.#recorder.start(1000);
    this.#context = new AudioContext();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    this.#context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Uint8Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      if (this.#recorder.state !== 'recording') return;
      analyser.getByteTimeDomainData(samples);
      let sum = 0;
      for (const sample of samples) sum += ((sample - 128) / 128) ** 2;
      const level = Math.min(1, Math.sqrt(sum / samples.length) * 4);
      this.levels.push(level);
      onlevel(level, this.#length());
    }, 60);
  }

  /** Seconds that were recorded. */
  #length(): number {
    return (this.#before + (this.#recorder.state === 'recording' ? performance.now() - this.#since : 0)) / 1000;
  }

  /** Rests, and gives what was said so far, to be listened to. */
  async pause(): Promise<Blob> {
    this.#before = this.#length() * 1000;
    this.#recorder.pause();
    const given = new Promise((resolve) => this.#recorder.addEventListener('dataavailable', resolve, { once: true }));
    this.#recorder.requestData();
    await given;
    return new Blob(this.#parts, { type: this.#type() });
  }

  resume(): void {
    this.#since = performance.now();
    this.#recorder.resume();
  }

  #type(): string {
    return this.#recorder.mimeType.split(';')[0] ?? 'audio/webm';
  }

  /** Asks for the microphone. Rejects where it is not allowed or not there. */
  static async begin(onlevel: (level: number, seconds: number) => void): Promise<Recorder> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    return new Recorder(stream, onlevel);
  }

  async end(): Promise<Recording> {
    const duration = this.#length();
    const stopped = new Promise((resolve) => (this.#recorder.onstop = resolve));
    this.#recorder.stop();
    await stopped;
    this.discard();
    return { blob: new Blob(this.#parts, { type: this.#type() }), duration, waveform: bars(this.levels) };
  }

  discard(): void {
    clearInterval(this.#timer);
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
    for (const track of this.#stream.getTracks()) track.stop();
    if (this.#context.state !== 'closed') void this.#context.close();
  }
}
