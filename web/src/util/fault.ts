/** What went wrong, as a word that the UI has a sentence for; `text` is the server's own, if it said one. */
export interface Fault {
  code:
    | 'offline'
    | 'not-authorized'
    | 'too-many-attempts'
    | 'account-disabled'
    | 'conflict'
    | 'not-allowed'
    | 'forbidden'
    | 'not-found'
    | 'not-acceptable'
    | 'too-large'
    | 'wait'
    | 'not-supported'
    | 'storage'
    | 'timeout'
    | 'bad-request'
    | 'registration-required'
    | 'internal';
  text?: string;
}
