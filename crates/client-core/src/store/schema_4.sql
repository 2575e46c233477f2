-- Guests: what kind of user is signed in, and what a guest's device keeps that an account's does not.

ALTER TABLE session ADD COLUMN kind TEXT NOT NULL DEFAULT 'account' CHECK (kind IN ('account', 'guest'));
-- Of a guest: when they end, as the server said last.
ALTER TABLE session ADD COLUMN stay_until INTEGER;
-- Of a guest: the identity secret, which accounts keep in the vault.
ALTER TABLE session ADD COLUMN identity_seed BLOB CHECK (length(identity_seed) = 32);
-- Of a guest who is becoming an account: the account's certificate, until the server has answered.
ALTER TABLE session ADD COLUMN next_certificate BLOB;
-- 1 while the leaves of this device still have the certificate of before.
ALTER TABLE session ADD COLUMN renew_leaves INTEGER NOT NULL DEFAULT 0 CHECK (renew_leaves IN (0, 1));
