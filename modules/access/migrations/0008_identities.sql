-- Whoever signs in elsewhere, at the identity provider of the organisation, is known by what that calls them.

create table access_identity (
    principal_id @id primary key references access_user (principal_id),
    -- who says it, and what they call the person; never an e-mail address
    issuer @text not null,
    subject @text not null,
    -- whether the roles of the settings follow the groups of the provider at each sign-in
    follows_groups @bool not null,
    linked_at @instant not null,
    last_used_at @instant
) @strict;

create unique index access_identity_subject on access_identity (issuer, subject);

-- what has led to a sign-in or a passkey, until it would be too old anyway: it counts once
create table access_spent (
    -- SHA-256
    hash @bytes primary key,
    until @instant not null
) @strict;

create index access_spent_until on access_spent (until);
