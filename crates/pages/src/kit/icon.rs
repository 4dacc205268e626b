//! Icons: Tabler's outlines, one sprite for all.

use crate::assets;
use maud::{Markup, html};

macro_rules! icons {
    ($($icon:ident = $name:literal),* $(,)?) => {
        /// An icon of the sprite.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Icon {
            $(#[doc = concat!("`", $name, "`")] $icon,)*
        }

        impl Icon {
            /// All that pages use.
            pub const ALL: &'static [Icon] = &[$(Icon::$icon),*];

            /// Its name in the sprite.
            pub const fn name(self) -> &'static str {
                match self { $(Icon::$icon => $name,)* }
            }
        }
    };
}

icons! {
    AddUser = "user", Adjust = "adjustments", Alert = "alert-triangle", Archive = "archive", ArrowLeft = "arrow-left",
    Ban = "ban", Barcode = "barcode", Bell = "bell", Box = "box", Building = "building-warehouse", Calendar = "calendar",
    Check = "check", ChevronDown = "chevron-down", Circle = "circle-check", Clipboard = "clipboard-check",
    Clock = "clock", Close = "x", Columns = "columns", Database = "database", Down = "arrow-down-right",
    Download = "download", Edit = "edit", Export = "external-link", Eye = "eye", File = "file-text",
    Filter = "filter", Fingerprint = "fingerprint", Flag = "flag", Health = "heart-rate-monitor", Help = "help",
    History = "history", Home = "home", Info = "info-circle", Key = "key", Lock = "lock", Logout = "logout",
    Mail = "bell", Menu = "menu-2", Minus = "minus", Mobile = "device-mobile", Moon = "moon", More = "dots",
    Move = "arrows-exchange", Packages = "packages", Photo = "photo", Pin = "map-pin", Plus = "plus",
    Printer = "printer", Receive = "arrows-down", Report = "report", Scan = "scan", School = "school",
    Search = "search", Settings = "settings", Shield = "shield-check", SortDown = "sort-descending",
    SortUp = "sort-ascending", Stack = "stack-2", Star = "star", Stop = "alert-circle", Sun = "sun", Tag = "tag",
    Transfer = "transfer", Trash = "trash", Tree = "list-tree", Truck = "truck", TruckReturn = "truck-return",
    Undo = "arrow-back-up", Up = "arrow-up-right", Upload = "upload", User = "user", Users = "users",
}

impl Icon {
    /// It, beside words that say the same: readers that speak pass it over.
    pub fn draw(self) -> Markup {
        self.with("icon")
    }

    /// Smaller.
    pub fn small(self) -> Markup {
        self.with("icon s")
    }

    fn with(self, class: &str) -> Markup {
        html! {
            svg class=(class) aria-hidden="true" { use href=(format!("{}#{}", assets::address("icons.svg"), self.name())) {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sprite_has_every_icon() {
        let sprite = include_str!("../../assets/icons.svg");
        for icon in Icon::ALL {
            assert!(sprite.contains(&format!("<symbol id=\"{}\"", icon.name())), "{icon:?}");
        }
    }
}
