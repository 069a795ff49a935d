-- Who has a token stands among the devices: what a crash kept from there before is made good.
INSERT INTO account_device (account, client, software, device, first_seen, last_seen)
    SELECT account, client, '', '', MIN(issued), MAX(issued) FROM account_token
    WHERE NOT EXISTS (SELECT 1 FROM account_device
                      WHERE account_device.account = account_token.account
                        AND account_device.client = account_token.client)
    GROUP BY account, client;
