//! What somebody is in an organization: who owns it, who leaves, whose removal is undone.

use http::Method;
use serde_json::{Value, json};
use usher::domain::ids::{ApiKeyId, MemberId, OrganizationId};
use usher::params;
use usher::web::route::Route;

use super::super::super::client::PASSWORD;
use super::super::scene::{Organization, Scene};
use super::super::world::World;

/// Something about that.
#[derive(Debug, Clone)]
pub enum Op {
    /// To whom, and whether the owner types their password, which they need some minutes after they signed in.
    Transfer(OrganizationId, MemberId, bool),
    Leave(MemberId),
    Restore(MemberId),
    RevokeKey(OrganizationId, ApiKeyId),
}

impl Op {
    /// Something to do, with the browser to do it at.
    pub fn choose(world: &World, scene: &Scene, organization: &Organization) -> Option<(usize, Self)> {
        let chance = &world.chance;
        let manager = *chance.pick(&organization.managers);
        match chance.below(8) {
            0 | 1 => {
                let sql = "SELECT id FROM members WHERE organization_id = ?1 ORDER BY rowid";
                let known = world.read(sql, params![organization.id]);
                let to = chance.pick(&known)["id"].as_str().unwrap().parse().unwrap();
                Some((organization.managers[0], Self::Transfer(organization.id, to, scene.may_hash())))
            }
            2 | 3 => {
                // Whoever sits at a browser leaves, or tries to.
                let browser = *chance.pick(&scene.busy());
                let address = &scene.people[scene.browsers[browser].person].address;
                let sql = "SELECT m.id FROM members m JOIN users u ON u.id = m.user_id
                           WHERE m.organization_id = ?1 AND u.email_key = ?2 ORDER BY m.rowid DESC LIMIT 1";
                let known = world.read(sql, params![organization.id, address.as_str()]);
                let id = known.first()?["id"].as_str().unwrap().parse().unwrap();
                Some((browser, Self::Leave(id)))
            }
            4 if chance.one_in(2) => {
                let key = organization.program.as_ref()?;
                Some((manager, Self::RevokeKey(organization.id, key.id)))
            }
            _ => Some((manager, Self::undo(world, organization.id)?)),
        }
    }

    /// Undoes a removal, mostly one of those that were last.
    pub fn undo(world: &World, organization: OrganizationId) -> Option<Self> {
        let removed = world.read(
            "SELECT id FROM members WHERE organization_id = ?1 AND removed_at IS NOT NULL
             ORDER BY removed_at DESC, id LIMIT 3",
            params![organization],
        );
        (!removed.is_empty())
            .then(|| Self::Restore(world.chance.pick(&removed)["id"].as_str().unwrap().parse().unwrap()))
    }

    /// What is asked, and where.
    pub fn asked(&self) -> (Method, Route, Value) {
        match self {
            Self::Transfer(organization, to, shows) => {
                let password = shows.then_some(PASSWORD);
                let body = json!({"member_id": to, "password": password});
                (Method::POST, Route::Owner(*organization), body)
            }
            Self::Leave(member) => (Method::DELETE, Route::Member(*member), Value::Null),
            Self::Restore(member) => (Method::POST, Route::RestoreMember(*member), json!({})),
            Self::RevokeKey(organization, key) => {
                (Method::DELETE, Route::ApiKey(*organization, *key), Value::Null)
            }
        }
    }

    /// Whether the contract has this answer.
    pub fn is_documented(&self, status: u16, code: &str) -> bool {
        let one_of = |codes: &[&str]| codes.contains(&code);
        match self {
            Self::Transfer(..) => {
                status == 200
                    || one_of(&[
                        "reauthentication_required",
                        "invalid_value",
                        "member_not_active",
                        "email_unverified",
                        "seat_limit_reached",
                        "trial_ended",
                    ])
            }
            Self::Leave(_) => status == 204 || one_of(&["last_owner", "member_not_active"]),
            Self::Restore(_) => {
                status == 200
                    || one_of(&["not_undoable", "already_invited", "seat_limit_reached", "trial_ended"])
            }
            Self::RevokeKey(..) => status == 204,
        }
    }
}
