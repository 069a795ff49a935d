// A file before it goes, with what is said of it.

import { kindOf } from '../../frame/files.ts';

export class Item {
  readonly file: File;
  /** Of what can be looked at; to be revoked. */
  readonly url: string;
  /** Words below it. */
  caption = $state('');
  /** What it shows, for those who do not see it. */
  desc = $state('');

  constructor(file: File) {
    this.file = file;
    this.url = ['image', 'video'].includes(kindOf(file.type)) ? URL.createObjectURL(file) : '';
  }
}
