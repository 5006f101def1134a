-- Somebody may be in very many workspaces. Whether any of their memberships asks for no second factor is one look at this.
CREATE INDEX memberships_without_factor ON memberships (member_id) WHERE require_mfa = 0;

-- Of more workspaces than a list shows, some are looked for by how their names begin.
CREATE INDEX workspaces_by_name ON workspaces (organization_id, name COLLATE NOCASE);
