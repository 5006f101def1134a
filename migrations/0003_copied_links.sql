-- A link that somebody copied to hand it over is good only while the invitation gives what it gave then: whoever copied it may
-- hold no more than that. Links for many keep their URLs through every change.
ALTER TABLE invitations ADD COLUMN given INTEGER NOT NULL DEFAULT 0; -- raised whenever an e-mail invitation gives something else
