//! Meetings that hardly ever come about by chance: the next step towards one. Only the histories of a mistake that shows at such a
//! meeting are led to it (see [`Flaw::favours`](super::super::flaws::Flaw)); all others are left to chance.

use usher::params;

use super::super::scene::Scene;
use super::super::world::World;
use super::Operation as Op;

/// The next step towards a meeting, with the browser to take it at; nothing if there is none now.
pub type Meeting = fn(&World, &Scene) -> Option<(usize, Op)>;

/// Somebody for whom a seat is reserved by an open invitation of theirs comes in by a link for many that takes one, too.
pub fn by_another_link(world: &World, scene: &Scene) -> Option<(usize, Op)> {
    let chance = &world.chance;
    let organization = chance.pick(&scene.organizations);
    let manager = *chance.pick(&organization.managers);
    let links = world.read(
        "SELECT id, ver FROM invitations WHERE organization_id = ?1 AND kind = 'link' AND takes_seat = 1
           AND outcome = 'open' AND expires_at > ?2 ORDER BY rowid",
        params![organization.id, world.now.get()],
    );
    if links.is_empty() {
        let made = Op::MakeLink { organization: organization.id, create_posts: true, max_uses: None };
        return Some((manager, made));
    }
    let link = chance.pick(&links);
    let id = link["id"].as_str()?.parse().ok()?;
    let known = world.links.borrow().iter().rev().find(|known| known.link.invitation_id == id).cloned();
    let Some(known) = known.filter(|known| link["ver"] == known.link.ver) else {
        return Some((manager, Op::CopyLink(id)));
    };
    // Whoever is signed in and is no member: who is one has no open invitation.
    let waits = |at: &usize| {
        let browser = &scene.browsers[*at];
        browser.session.borrow().is_some()
            && world.any(
                "SELECT 1 FROM invitations WHERE organization_id = ?1 AND email_key = ?2 AND takes_seat = 1
                   AND outcome = 'open' AND expires_at > ?3",
                params![organization.id, &scene.people[browser.person].address, world.now.get()],
            )
    };
    let waiting: Vec<usize> = scene.busy().into_iter().filter(waits).collect();
    if waiting.is_empty() {
        return Some((manager, Op::invite(world, scene, organization)));
    }
    Some((*chance.pick(&waiting), Op::Accept(known)))
}
