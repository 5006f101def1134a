-- Somebody may be in very many workspaces. Whether any of their memberships asks for no second factor is one look at this.
CREATE INDEX memberships_without_factor ON memberships (member_id) WHERE require_mfa = 0;
