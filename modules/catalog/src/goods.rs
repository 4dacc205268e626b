//! Reading what goods are as things, so that each refusal names its field. Pure.

use crate::codes::ChangeUnit;
use crate::item::{Body, NewHazard, NewUnit};
use domain::goods::{side_mm, weight_mg};
use domain::{AsProblem, Hazard, HazardClass, PackLevel, PackingGroup, Problem, StorageClass, Temperature};

/// Where a site keeps goods.
pub(crate) fn storage_class(text: Option<&str>) -> Result<Option<StorageClass>, Problem> {
    text.map(|text| StorageClass::parse(text).map_err(|error| error.problem("/storage_class"))).transpose()
}

/// How cold they are kept.
pub(crate) fn temperature(word: Option<&str>) -> Result<Option<Temperature>, Problem> {
    word.map(|word| Temperature::parse(word).map_err(|error| error.problem("/temperature"))).transpose()
}

/// What is dangerous about them.
pub(crate) fn hazard(given: &NewHazard) -> Result<Hazard, Problem> {
    let NewHazard { class, un_number, packing_group } = given;
    let class = HazardClass::parse(class).map_err(|error| error.problem("/hazard/class"))?;
    let group = packing_group.as_deref().map(PackingGroup::parse).transpose();
    let group = group.map_err(|error| error.problem("/hazard/packing_group"))?;
    let at = match group {
        Some(_) if !class.has_packing_group() => "/hazard/packing_group",
        _ => "/hazard/un_number",
    };
    Hazard::new(class, *un_number, group).map_err(|error| error.problem(at))
}

/// What a unit is.
pub(crate) fn body(given: &NewUnit) -> Result<Body, Problem> {
    let NewUnit { unit: _, factor: _, level, length_mm, width_mm, height_mm, weight_g } = given;
    Ok(Body {
        level: pack_level(level.as_deref())?,
        length_mm: side(*length_mm, "/length_mm")?,
        width_mm: side(*width_mm, "/width_mm")?,
        height_mm: side(*height_mm, "/height_mm")?,
        weight_mg: weight(weight_g.as_deref())?,
    })
}

/// What a unit is after a change.
pub(crate) fn changed_body(before: Body, change: &ChangeUnit) -> Result<Body, Problem> {
    let ChangeUnit { level, length_mm, width_mm, height_mm, weight_g } = change;
    let mut after = before;
    if let Some(level) = level {
        after.level = pack_level(level.as_deref())?;
    }
    if let Some(mm) = length_mm {
        after.length_mm = side(*mm, "/length_mm")?;
    }
    if let Some(mm) = width_mm {
        after.width_mm = side(*mm, "/width_mm")?;
    }
    if let Some(mm) = height_mm {
        after.height_mm = side(*mm, "/height_mm")?;
    }
    if let Some(grams) = weight_g {
        after.weight_mg = weight(grams.as_deref())?;
    }
    Ok(after)
}

fn pack_level(word: Option<&str>) -> Result<Option<PackLevel>, Problem> {
    word.map(|word| PackLevel::parse(word).map_err(|error| error.problem("/level"))).transpose()
}

fn side(mm: Option<i64>, pointer: &str) -> Result<Option<i64>, Problem> {
    mm.map(|mm| side_mm(mm).map_err(|error| error.problem(pointer))).transpose()
}

fn weight(grams: Option<&str>) -> Result<Option<i64>, Problem> {
    grams.map(|grams| weight_mg(grams).map_err(|error| error.problem("/weight_g"))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Attributes;
    use serde_json::json;

    fn read(body: &Attributes) -> Result<Body, Problem> {
        let mut unit = body.clone();
        unit.insert("unit".to_owned(), json!("case"));
        unit.insert("factor".to_owned(), json!("12"));
        let new: NewUnit = serde_json::from_value(unit.into()).unwrap();
        let change: ChangeUnit = serde_json::from_value(body.clone().into()).unwrap();
        let made = super::body(&new);
        assert_eq!(made, changed_body(Body::default(), &change), "a change reads the same");
        made
    }

    #[test]
    fn a_body_is_read_by_field() {
        let body = json!({
            "level": "case", "length_mm": 400, "width_mm": 300, "height_mm": 200, "weight_g": "8250.5"
        });
        let body = read(body.as_object().unwrap()).unwrap();
        assert_eq!((body.level, body.weight_mg), (Some(PackLevel::Case), Some(8_250_500)));
        let taller: ChangeUnit = serde_json::from_value(json!({ "height_mm": 250, "level": null })).unwrap();
        let after = changed_body(body, &taller).unwrap();
        assert_eq!(after, Body { height_mm: Some(250), level: None, ..body });
        let cases = [
            (json!({ "level": "box" }), "/level"),
            (json!({ "length_mm": 0 }), "/length_mm"),
            (json!({ "width_mm": -1 }), "/width_mm"),
            (json!({ "height_mm": 100_001 }), "/height_mm"),
            (json!({ "weight_g": "0" }), "/weight_g"),
            (json!({ "weight_g": "1.0001" }), "/weight_g"),
        ];
        for (body, pointer) in cases {
            let problem = read(body.as_object().unwrap()).unwrap_err();
            assert_eq!(problem.errors[0].pointer, pointer, "{body}");
        }
    }

    #[test]
    fn a_hazard_is_read_by_field() {
        let read = |class: &str, un_number, group: Option<&str>| {
            let packing_group = group.map(str::to_owned);
            hazard(&NewHazard { class: class.to_owned(), un_number, packing_group })
        };
        assert!(read("3", Some(1263), Some("II")).is_ok());
        let cases = [
            (read("3.0", None, None), "/hazard/class"),
            (read("3", Some(10_000), Some("II")), "/hazard/un_number"),
            (read("3", None, Some("2")), "/hazard/packing_group"),
            (read("2.1", None, Some("II")), "/hazard/packing_group"),
        ];
        for (refused, pointer) in cases {
            assert_eq!(refused.unwrap_err().errors[0].pointer, pointer);
        }
        assert_eq!(storage_class(Some("A b")).unwrap_err().errors[0].pointer, "/storage_class");
        assert_eq!(temperature(Some("cold")).unwrap_err().errors[0].pointer, "/temperature");
    }
}
