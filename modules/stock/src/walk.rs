//! Pages of lists that are thinned out on the way, by filters or by what the caller reaches.
//!
//! Such a list is looked through along an index, a chunk at a time. One page looks at so many rows at
//! most, however few of them fit; it then ends early and says where to go on. So no question holds a
//! connection for long, and none leaves anything out.

use db::DbError;

/// Rows that are looked at for one page at most.
pub(crate) const LOOKED_MAX: usize = 20_000;

/// Rows that are looked at together at most: a full page and one more.
pub(crate) const CHUNK_MAX: usize = web::LIMIT_MAX + 1;

/// The rows of a page, and where the next one begins if there is one.
#[derive(Debug)]
pub(crate) struct Part<T, K> {
    pub(crate) rows: Vec<T>,
    pub(crate) next: Option<K>,
}

/// Looks for a page of `limit` rows after a key. `look` gives the next rows in order, at most as many
/// as it is told and fewer only at the end: the key of each, and the row where it fits.
pub(crate) fn part<T, K: Clone>(
    limit: usize,
    mut after: Option<K>,
    mut look: impl FnMut(Option<&K>, usize) -> Result<Vec<(K, Option<T>)>, DbError>,
) -> Result<Part<T, K>, DbError> {
    let (mut rows, mut looked, mut size) = (Vec::new(), 0, limit.saturating_add(1).min(CHUNK_MAX));
    // the key of the last row that the page shows
    let mut shown = None;
    loop {
        let chunk = look(after.as_ref(), size)?;
        let ended = chunk.len() < size;
        looked += chunk.len();
        for (key, row) in chunk {
            if let Some(row) = row {
                if rows.len() == limit {
                    return Ok(Part { rows, next: shown });
                }
                rows.push(row);
                shown = Some(key.clone());
            }
            after = Some(key);
        }
        if ended {
            return Ok(Part { rows, next: None });
        }
        if looked >= LOOKED_MAX {
            return Ok(Part { rows, next: after });
        }
        size = size.saturating_mul(2).min(CHUNK_MAX).min(LOOKED_MAX - looked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages over `0..total`, of which every `nth` fits.
    fn pages(total: usize, nth: usize, limit: usize) -> (Vec<usize>, usize) {
        let (mut found, mut count, mut after) = (Vec::new(), 0, None);
        loop {
            let page = part(limit, after, |after: Option<&usize>, most| {
                let from = after.map_or(0, |at| at + 1);
                Ok((from..total.min(from + most)).map(|at| (at, (at % nth == 0).then_some(at))).collect())
            });
            let Part { rows, next } = page.unwrap();
            assert!(rows.len() <= limit);
            found.extend(rows);
            count += 1;
            match next {
                None => return (found, count),
                some => after = some,
            }
        }
    }

    #[test]
    fn every_row_that_fits_is_on_one_page() {
        for (total, nth, limit) in [(0, 1, 3), (3, 1, 3), (4, 1, 3), (10, 1, 1), (1_000, 7, 5), (999, 1, 500)]
        {
            let (found, count) = pages(total, nth, limit);
            let expected: Vec<usize> = (0..total).step_by(nth).collect();
            assert_eq!(found, expected, "{total} {nth} {limit}");
            assert_eq!(count, expected.len().div_ceil(limit).max(1), "{total} {nth} {limit}");
        }
    }

    #[test]
    fn a_page_looks_at_no_more_than_it_may() {
        for limit in [1, 10, 499, 500] {
            let mut looked = 0;
            let page = part::<(), _>(limit, None, |after: Option<&usize>, most| {
                let from = after.map_or(0, |at| at + 1);
                looked += most;
                Ok((from..from + most).map(|at| (at, None)).collect())
            });
            assert_eq!((looked, page.unwrap().next), (LOOKED_MAX, Some(LOOKED_MAX - 1)), "{limit}");
        }
    }

    #[test]
    fn a_page_that_looked_long_enough_says_where_to_go_on() {
        let (found, count) = pages(LOOKED_MAX * 3, LOOKED_MAX * 2, 10);
        assert_eq!(found, [0, LOOKED_MAX * 2]);
        assert!(count >= 3, "{count}");
    }
}
