// What was measured, against its budget: one line each, marked where it is over.

export class Told {
  private readonly lines: string[] = [];

  constructor(private readonly title: string) {}

  add(what: string, value: number, unit: string, budget: number, atLeast = false): void {
    const isKept = atLeast ? value >= budget : value <= budget;
    this.lines.push(`${isKept ? '  ' : '! '}${Told.row(what, value, unit)} ${atLeast ? 'at least' : 'at most'} ${budget}`);
  }

  /** What has no budget of its own but explains another. */
  note(what: string, value: number, unit: string): void {
    this.lines.push(`  ${Told.row(what, value, unit)}`);
  }

  private static row(what: string, value: number, unit: string): string {
    return `${what.padEnd(60)} ${value.toFixed(value < 10 ? 1 : 0).padStart(8)} ${unit.padEnd(6)}`;
  }

  print(): void {
    console.log(`\n${this.title} (! is over its budget)\n${this.lines.join('\n')}\n`);
  }
}

export const median = (all: number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1] ?? NaN;
