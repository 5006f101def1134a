-- What only the inviter's side calls somebody (S0-05) stays once they are in: staff see it, search by it and change it; the
-- person never sees it.
ALTER TABLE members ADD COLUMN nickname TEXT;
-- In lower case.
ALTER TABLE members ADD COLUMN nickname_key TEXT;
CREATE INDEX members_by_nickname ON members (organization_id, active, nickname_key) WHERE nickname_key IS NOT NULL;

UPDATE members SET nickname = i.nickname, nickname_key = i.nickname_key
FROM invitations i WHERE i.accepted_by = members.id AND i.nickname IS NOT NULL;
