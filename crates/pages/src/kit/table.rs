//! Tables: what is always the same about them. Numbers stand right, heads sort, the first cell is a link, what has no
//! room is left out from the least important column on, and on a telephone each row is a card.

use maud::{Markup, PreEscaped, html};

/// What a cell becomes where rows are cards.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Role {
    /// A line on the left.
    #[default]
    Line,
    /// At the left of the first line.
    Title,
    /// At the right of the first line.
    Side,
    /// At the right of the next line, large.
    Big,
    /// Not shown.
    Fold,
}

impl Role {
    const fn class(self) -> &'static str {
        match self {
            Role::Line => "",
            Role::Title => "title",
            Role::Side => "side",
            Role::Big => "side big",
            Role::Fold => "fold",
        }
    }
}

/// How a list is sorted by a column: the words of both orders, as in the address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// The smallest first.
    pub up: &'static str,
    /// The largest first.
    pub down: &'static str,
}

/// A column.
pub struct Column<'a, T> {
    /// What stands in it.
    pub title: String,
    /// Numbers stand right.
    pub is_number: bool,
    /// The title is for readers that speak alone.
    pub hides_title: bool,
    /// 1 is always shown, 2 from 1,100 pixels on, 3 from 1,400.
    pub priority: u8,
    /// What it becomes where rows are cards.
    pub role: Role,
    /// How it sorts, when it does.
    pub order: Option<Order>,
    /// A cell.
    pub cell: Box<dyn Fn(&T) -> Markup + 'a>,
    /// What stands under it.
    pub total: Option<Markup>,
}

impl<T> std::fmt::Debug for Column<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Column").field("title", &self.title).finish_non_exhaustive()
    }
}

impl<'a, T> Column<'a, T> {
    /// A column of texts.
    pub fn text(title: impl Into<String>, cell: impl Fn(&T) -> Markup + 'a) -> Column<'a, T> {
        Column {
            title: title.into(),
            is_number: false,
            hides_title: false,
            priority: 1,
            role: Role::Line,
            order: None,
            cell: Box::new(cell),
            total: None,
        }
    }

    /// A column of numbers.
    pub fn number(title: impl Into<String>, cell: impl Fn(&T) -> Markup + 'a) -> Column<'a, T> {
        Column { is_number: true, role: Role::Fold, ..Column::text(title, cell) }
    }

    /// A column of what can be done to each row, at its end.
    pub fn action(title: impl Into<String>, cell: impl Fn(&T) -> Markup + 'a) -> Column<'a, T> {
        Column { is_number: true, hides_title: true, role: Role::Side, ..Column::text(title, cell) }
    }

    /// Less important.
    #[must_use]
    pub fn priority(self, priority: u8) -> Column<'a, T> {
        Column { priority, ..self }
    }

    /// What it becomes in a card.
    #[must_use]
    pub fn role(self, role: Role) -> Column<'a, T> {
        Column { role, ..self }
    }

    /// It sorts.
    #[must_use]
    pub fn order(self, up: &'static str, down: &'static str) -> Column<'a, T> {
        Column { order: Some(Order { up, down }), ..self }
    }

    /// With a sum.
    #[must_use]
    pub fn total(self, total: Markup) -> Column<'a, T> {
        Column { total: Some(total), ..self }
    }

    fn class(&self) -> String {
        let mut words = Vec::new();
        if self.is_number {
            words.push("num");
        }
        match self.priority {
            2 => words.push("p2"),
            3.. => words.push("p3"),
            _ => {}
        }
        if self.role != Role::Line {
            words.push(self.role.class());
        }
        words.join(" ")
    }
}

/// A table.
pub struct Table<'a, T> {
    /// What it holds, for readers that speak.
    pub caption: &'a str,
    /// Its columns.
    pub columns: Vec<Column<'a, T>>,
    /// The order that the list is in, as in the address.
    pub sort: &'a str,
    /// The address of the list in another order.
    pub sorted: Box<dyn Fn(&str) -> String + 'a>,
    /// The id of its rows, so that more can be added to them.
    pub id: &'a str,
    /// What stands for a row in the page, such as the SKU, so that it can be shown anew.
    pub key: Box<dyn Fn(&T) -> String + 'a>,
}

impl<T> std::fmt::Debug for Table<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("caption", &self.caption)
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl<T> Table<'_, T> {
    /// The table with these rows.
    pub fn draw(&self, rows: &[T]) -> Markup {
        html! {
            table class="table cards sticky" {
                caption class="visually-hidden" { (self.caption) }
                thead { tr { @for column in &self.columns { (self.head(column)) } } }
                tbody id=(self.id) { (self.rows(rows)) }
                @if self.columns.iter().any(|column| column.total.is_some()) {
                    tfoot { tr {
                        @for column in &self.columns {
                            td class=(column.class()) { @if let Some(total) = &column.total { (total) } }
                        }
                    } }
                }
            }
        }
    }

    /// The rows alone, to be added to those that are there.
    pub fn rows(&self, rows: &[T]) -> Markup {
        html! {
            @for row in rows {
                tr data-key=((self.key)(row)) {
                    @for column in &self.columns { td class=[some(column.class())] { ((column.cell)(row)) } }
                }
            }
        }
    }

    fn head(&self, column: &Column<'_, T>) -> Markup {
        let sorts = column.order.map(|order| {
            let (is_up, is_down) = (self.sort == order.up, self.sort == order.down);
            let other = if is_up { order.down } else { order.up };
            let told = if is_up {
                "ascending"
            } else if is_down {
                "descending"
            } else {
                "none"
            };
            (
                told,
                (self.sorted)(other),
                if is_up {
                    " ↑"
                } else if is_down {
                    " ↓"
                } else {
                    ""
                },
            )
        });
        html! {
            th scope="col" class=[some(column.class())] aria-sort=[sorts.as_ref().map(|(told, ..)| *told)] {
                @if let Some((_, href, arrow)) = &sorts { a href=(href) { (column.title) (PreEscaped(arrow)) } }
                @else if column.hides_title { span class="visually-hidden" { (column.title) } }
                @else { (column.title) }
            }
        }
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
