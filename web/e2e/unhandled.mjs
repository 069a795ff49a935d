// Errors that belong to no step. The JSON report does not have them, and a repetition that is green would hide them.

import { writeFileSync } from 'node:fs';

export default class Unhandled {
  onTestRunEnd(_modules, errors) {
    writeFileSync(process.env.SKEIN_WEB_TEST_UNHANDLED, errors.map((error) => `${error.type ?? 'error'}: ${error.stack ?? error.message}\n`).join(''));
  }
}
