//! What stands around the pages: navigation, contact, the newest release.

use crate::documents::{
    Accent, ContactPart, GuideFrame, GuideLink, ProductPart, Standpoint, spoken_date,
};
use crate::guide::own::OwnPages;
use crate::guide::paged::{CHOOSER, DIGESTS, ISSUES, LINES, RELEASES};
use crate::model::GuidePage;

pub const START: &str = GuidePage::Start.fixed();
pub const DECIDE: &str = GuidePage::Decide.fixed();
pub const POLICY: &str = GuidePage::Policy.fixed();
pub const SEARCH: &str = GuidePage::Search.fixed();
pub const NOT_FOUND: &str = GuidePage::NotFound.fixed();

pub fn frame(at: Standpoint<'_>, own: &OwnPages) -> GuideFrame {
    let link = |title: &str, path: &str| GuideLink {
        title: title.to_owned(),
        path: path.to_owned(),
    };
    let fixed = [
        link("Start", START),
        link("Identify", DIGESTS.index()),
        link("Decide", DECIDE),
        link("Releases", RELEASES.index()),
        link("Upgrade", CHOOSER.index()),
        link("Support", LINES.index()),
        link("Known issues", ISSUES.index()),
        link("Policy", POLICY),
    ];
    GuideFrame {
        product: ProductPart::of(at.product),
        contact: ContactPart::of(at.product),
        latest: at.history.latest(at.day()).map(|release| {
            link(
                release.version.as_str(),
                &GuidePage::Release(&release.version).path(),
            )
        }),
        as_of: spoken_date(at.day()),
        url: at.product.guide_url.clone(),
        accent: Accent::of(at.product),
        logo: at.product.logo.clone(),
        navigation: fixed
            .into_iter()
            .chain(own.navigation())
            .chain([link("Search", SEARCH)])
            .collect(),
    }
}
