-- What somebody has typed into the steps of an invitation that is not sent yet. It is gone once it is sent, and a day after it
-- was last touched; who it is about has heard nothing of it.
CREATE TABLE drafts (
  id         TEXT PRIMARY KEY,
  member_id  TEXT NOT NULL REFERENCES members (id),
  -- The fields of its forms, in their order: [["email", "ana@client.test"], …].
  data       TEXT NOT NULL CHECK (json_valid(data)),
  -- Since when it is being sent: whoever presses the button twice sends it once.
  taken_at   INTEGER,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX drafts_of_member ON drafts (member_id, id);
CREATE INDEX drafts_by_end ON drafts (expires_at);
