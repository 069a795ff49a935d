-- What a login reads for a name that nobody has, so that looking it up takes as long as for one that
-- somebody has. No account has the number 0, and no password has these keys.
INSERT INTO account_credential (account, hash, salt, iterations, stored_key, server_key) VALUES
    (0, 1, CAST('................' AS BLOB), 1, CAST('....................' AS BLOB), CAST('....................' AS BLOB)),
    (0, 256, CAST('................' AS BLOB), 1, CAST('................................' AS BLOB), CAST('................................' AS BLOB)),
    (0, 512, CAST('................' AS BLOB), 1, CAST('................................................................' AS BLOB), CAST('................................................................' AS BLOB));
