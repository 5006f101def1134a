-- When somebody with another address last asked for an invitation of their own: whoever was invited is heard besides, on a day
-- when somebody else asked already.
ALTER TABLE invitations ADD COLUMN own_asked_at INTEGER;
