//! The components that pages are made of: functions with typed props. A page writes no table, button or field of its
//! own, so that all of them look, read and work alike.

mod button;
mod chart;
mod field;
mod floor;
mod form_page;
mod icon;
mod page;
mod parts;
mod table;
mod tree;

pub use button::{Button, Kind};
pub use chart::{Series, line_chart, spark};
pub use field::{
    AGAIN_FIELD, Choice, Field, KEY_FIELD, Sent, VERSION_FIELD, field_rows, fields, form_errors, group,
    hidden,
};
pub use floor::{Fill, SPOT, Spot, Word, floor, floor_legend};
pub use form_page::FormPage;
pub use icon::Icon;
pub use page::{Frame, Section, Shell, alone, shell};
pub use parts::{
    Fact, Figure, Tab, Tone, breadcrumbs, card, chip, empty, facts, figures, menu, more, notice, subtabs,
    tabs,
};
pub use table::{Column, Role, Table};
pub use tree::Branch;
