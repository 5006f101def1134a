//! What somebody does next, by chance: mostly what touches the same invitation, link and person as what is under way.

use usher::domain::ids::{InvitationId, MemberId};
use usher::params;

use super::super::flaws::Flaw;
use super::super::parts::Part;
use super::super::scene::{Organization, Scene};
use super::super::world::{Known, World};
use super::Operation as Op;
use super::{mails, places, plan, standing, webhooks};

impl Op {
    /// Something to do, with the browser to do it at.
    pub fn choose(world: &World, scene: &Scene) -> (usize, Self) {
        let chance = &world.chance;
        if let Some(meeting) = world.flaw.and_then(Flaw::favours)
            && chance.one_in(3)
            && let Some(chosen) = meeting(world, scene)
        {
            return chosen;
        }
        let organization = chance.pick(&scene.organizations);
        let manager = *chance.pick(&organization.managers);
        let browser = *chance.pick(&scene.busy());
        let parts = world.parts.there();
        if !parts.is_empty()
            && chance.one_in(4)
            && let Some(chosen) = Self::of_part(world, scene, organization, *chance.pick(&parts))
        {
            return chosen;
        }
        match chance.below(100) {
            0..14 => (manager, Self::invite(world, scene, organization)),
            14..26 => {
                let of_members = Self::of_members(world, scene, organization);
                (manager, of_members.unwrap_or_else(|| Self::invite(world, scene, organization)))
            }
            26..44 => {
                let known = world.read("SELECT id, role, kind FROM invitations ORDER BY rowid", params![]);
                if known.is_empty() {
                    return (manager, Self::invite(world, scene, organization));
                }
                let hot = world.hot.get().map(|id| id.to_string()).filter(|_| chance.one_in(2));
                let hot = known.iter().find(|known| hot.as_deref() == known["id"].as_str());
                let known = hot.unwrap_or_else(|| chance.pick(&known));
                let id = known["id"].as_str().unwrap().parse().unwrap();
                world.hot.set(Some(id));
                let choice = chance.below(16);
                let operation = match known["kind"].as_str() {
                    _ if known["role"] == "owner" => return (browser, Op::OperatorResend(id)),
                    Some("link") => Self::of_link(id, choice),
                    _ => Self::of_email(id, choice),
                };
                (if choice < 14 { manager } else { browser }, operation)
            }
            44 => (manager, Op::ListInvitations(organization.id)),
            45 => (manager, Op::ListMembers(organization.id)),
            46 => (browser, Op::ListMembers(organization.id)),
            47..95 => Self::with_link(world, scene)
                .unwrap_or_else(|| (manager, Self::invite(world, scene, organization))),
            95 => (browser, Op::SignOut),
            96 if scene.may_hash() => (browser, Op::SignIn),
            96..98 => (browser, Op::Me),
            _ => (browser, Op::CreateOrganization { owner: chance.pick(&scene.people).address.clone() }),
        }
    }

    /// Something of one of the history's parts.
    fn of_part(
        world: &World,
        scene: &Scene,
        organization: &Organization,
        part: Part,
    ) -> Option<(usize, Self)> {
        let manager = *world.chance.pick(&organization.managers);
        Some(match part {
            Part::Webhooks => (manager, Op::Webhook(webhooks::Op::choose(world, organization))),
            Part::Billing => (manager, Op::Plan(plan::Op::told(world, organization))),
            Part::Plans => (manager, Op::Plan(plan::Op::set(world, organization))),
            Part::Mails => (manager, Op::Mail(mails::Op::choose(world)?)),
            Part::Places => (manager, Op::Place(places::Op::choose(world, organization)?)),
            Part::Standing => {
                let (browser, op) = standing::Op::choose(world, scene, organization)?;
                (browser, Op::Standing(op))
            }
        })
    }

    /// What is done with a link for many. The last two are tried by somebody who may not.
    fn of_link(id: InvitationId, choice: usize) -> Self {
        match choice {
            0..2 => Op::Rotate(id),
            2..4 => Op::Disable(id),
            4..6 => Op::Enable(id),
            6..12 => Op::CopyLink(id),
            14 => Op::Revoke(id),
            _ => Op::Read(id),
        }
    }

    /// What is done with an invitation by e-mail. The last two are tried by somebody who may not.
    fn of_email(id: InvitationId, choice: usize) -> Self {
        match choice {
            0..5 => Op::Resend(id),
            5..9 | 14 => Op::Revoke(id),
            9..12 => Op::CopyLink(id),
            _ => Op::Read(id),
        }
    }

    /// An invitation of somebody into an organization.
    pub fn invite(world: &World, scene: &Scene, organization: &Organization) -> Self {
        let chance = &world.chance;
        let mut email = chance.pick(&scene.people).address.clone();
        if chance.one_in(4) {
            email = email.replacen('p', "P", 1);
        }
        let role = ["member", "member", "member", "admin", "client"][chance.below(5)];
        Op::Invite {
            organization: organization.id,
            email,
            role,
            workspaces: chance
                .one_in(3)
                .then(|| organization.workspaces.iter().rev().copied().take(1 + chance.below(2)).collect()),
            expires_in: chance.one_in(2).then_some(3600),
            send_email: !chance.one_in(6),
        }
    }

    /// Removing one or two who are in.
    pub fn remove(world: &World, organization: &Organization) -> Option<Self> {
        let chance = &world.chance;
        let members = world.read(
            "SELECT id FROM members WHERE organization_id = ?1 AND removed_at IS NULL
               AND role IN ('member', 'client') ORDER BY rowid",
            params![organization.id],
        );
        if members.is_empty() {
            return None;
        }
        let somebody = || chance.pick(&members)["id"].as_str().unwrap().parse().unwrap();
        let mut members = vec![somebody(), somebody()];
        members.dedup();
        let with_sent = members.len() == 1;
        Some(Op::Remove { organization: organization.id, members, with_sent })
    }

    /// Something that changes who is in, or what somebody there may do.
    fn of_members(world: &World, scene: &Scene, organization: &Organization) -> Option<Self> {
        let chance = &world.chance;
        let email = chance.pick(&scene.people).address.clone();
        let members = world.read(
            "SELECT id, role FROM members WHERE organization_id = ?1 AND removed_at IS NULL
               AND role IN ('member', 'client') ORDER BY rowid",
            params![organization.id],
        );
        let somebody = || -> Option<MemberId> {
            (!members.is_empty()).then(|| chance.pick(&members)["id"].as_str().unwrap().parse().unwrap())
        };
        Some(match chance.below(17) {
            0..2 => Op::MakeLink {
                organization: organization.id,
                create_posts: chance.one_in(2),
                max_uses: chance.one_in(2).then(|| 1 + chance.below(3)),
            },
            2..5 => Op::AddMember {
                organization: organization.id,
                email,
                role: ["member", "client"][chance.below(2)],
                notify: chance.one_in(2),
            },
            5..7 => Self::remove(world, organization)?,
            7..9 => Op::ChangeRole(somebody()?, ["member", "client"][chance.below(2)]),
            9..12 => Op::ChangeAccess {
                workspace: *chance.pick(&organization.workspaces),
                member: somebody()?,
                create_posts: chance.one_in(2),
            },
            12..15 => Op::Bulk {
                organization: organization.id,
                emails: (0..3).map(|_| chance.pick(&scene.people).address.clone()).collect(),
            },
            _ => {
                let imports = world.read("SELECT job_id FROM bulk_imports ORDER BY job_id", params![]);
                if imports.is_empty() {
                    return None;
                }
                Op::Undo(chance.pick(&imports)["job_id"].as_str().unwrap().parse().unwrap())
            }
        })
    }

    /// Something to do with a link, if anybody has one.
    pub fn with_link(world: &World, scene: &Scene) -> Option<(usize, Self)> {
        let chance = &world.chance;
        let links = world.links.borrow();
        if links.is_empty() {
            return None;
        }
        // Mostly what is still good.
        let good = |known: &&Known| {
            world.any(
                "SELECT 1 FROM invitations WHERE id = ?1 AND ver = ?2 AND outcome = 'open' AND expires_at > ?3",
                params![known.link.invitation_id, known.link.ver, world.now.get()],
            )
        };
        let still: Vec<Known> = links.iter().filter(good).cloned().collect();
        let links = if still.is_empty() || chance.one_in(3) { links.clone() } else { still };
        let hot: Vec<&Known> =
            links.iter().filter(|known| world.hot.get() == Some(known.link.invitation_id)).collect();
        let known = if hot.is_empty() || chance.one_in(2) {
            chance.pick(&links).clone()
        } else {
            (*chance.pick(&hot)).clone()
        };
        world.hot.set(Some(known.link.invitation_id));
        // Mostly it is the person who was invited, at one of their browsers.
        let invited =
            world.read("SELECT email_key FROM invitations WHERE id = ?1", params![known.link.invitation_id]);
        let busy = scene.busy();
        let theirs: Vec<usize> = busy
            .iter()
            .copied()
            .filter(|at| {
                invited.iter().any(|row| row["email_key"] == scene.people[scene.browsers[*at].person].address)
            })
            .collect();
        let browser =
            if theirs.is_empty() || chance.one_in(8) { *chance.pick(&busy) } else { *chance.pick(&theirs) };
        let signed_in = scene.browsers[browser].session.borrow().is_some();
        let operation = match chance.below(48) {
            0..6 => Op::Preview(known),
            6..12 => Op::Look(known),
            12..16 => Op::Decline(known),
            16..18 => Op::DeclineForm(known),
            // Without a session the form may come to hash a password.
            18..28 if signed_in || scene.may_hash() => Op::AcceptForm(known),
            28..38 if scene.may_hash() => Op::SignUp(known),
            _ => Op::Accept(known),
        };
        Some((browser, operation))
    }
}
