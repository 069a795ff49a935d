-- Invitations that were given through a room and not answered, so that nobody declines what
-- they were not invited to. `shown` is the inviter's address as the invited saw it, `joined`
-- is 1 if the invitation made them a member.
CREATE TABLE rooms_invitation (
    room BIGINT NOT NULL,
    invited TEXT NOT NULL,
    inviter TEXT NOT NULL,
    shown TEXT NOT NULL,
    joined BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (room, invited, inviter)
);
CREATE INDEX rooms_invitation_invited ON rooms_invitation (invited);
CREATE INDEX rooms_invitation_inviter ON rooms_invitation (inviter, expires);
CREATE INDEX rooms_invitation_expires ON rooms_invitation (expires);
