-- Of very many accounts a few are looked for by their names.
CREATE INDEX resources_by_name ON resources (workspace_id, present, name COLLATE NOCASE, id);

-- Whoever proved an address is shown the invitations that wait for it.
CREATE INDEX invitations_of_address ON invitations (email_key, id) WHERE outcome = 'open';
