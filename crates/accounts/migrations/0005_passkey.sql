-- Passkeys (WebAuthn): `domain` is what each is bound to, `algorithm` COSE's number, `public_key` a
-- SubjectPublicKeyInfo, `counter` how often its authenticator had signed, `last_used` 0 before the first time.
CREATE TABLE account_passkey (
    credential BLOB NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    domain TEXT NOT NULL,
    algorithm BIGINT NOT NULL,
    public_key BLOB NOT NULL,
    counter BIGINT NOT NULL,
    name TEXT NOT NULL,
    created BIGINT NOT NULL,
    last_used BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX account_passkey_account ON account_passkey (account);
