//! The statements of exports, over this module's own tables and the published views. Their orders are those of ids and
//! numbers that the product gives, which are the same on both engines.

use db::Statement;

pub(super) const ATTRIBUTES: Statement = Statement::new(
    "exchange.export_attributes",
    "select a.key, a.name, a.kind, a.unit, a.choices, a.least, a.most, a.version
     from exchange_attribute_list a
     order by a.id",
);

/// What stands above a category comes before it.
pub(super) const CATEGORIES: Statement = Statement::new(
    "exchange.export_categories",
    "select c.path, c.name, c.version from v_category c order by c.path",
);

/// A rule that says nothing of its position has `-1` there.
pub(super) const CATEGORY_ATTRIBUTES: Statement = Statement::new(
    "exchange.export_category_attributes",
    "select r.category, r.attribute, r.required, r.standard, r.allowed, nullif(r.position, -1)
     from exchange_rule_list r
     order by r.category, r.position, r.attribute",
);

pub(super) const ITEMS: Statement = Statement::new(
    "exchange.export_items",
    "select i.sku, i.name, i.base_unit, k.whole, i.tracking, i.class, i.category, i.attributes, i.owner,
       i.archived, i.version, i.storage_class, i.temperature, k.hazard_class, k.un_number, k.packing_group,
       k.expiry, k.shelf_life_days, i.merged_into
     from v_item i join exchange_item_list k on k.id = i.item_id
     order by i.item_id",
);

pub(super) const UNITS: Statement = Statement::new(
    "exchange.export_units",
    "select i.sku, u.unit,
       case when u.den = 1 then cast(u.num as text) else cast(u.num as text) || '/' || cast(u.den as text) end,
       u.removed, u.level, u.length_mm, u.width_mm, u.height_mm, u.weight_mg
     from exchange_unit_list u join ck_item i on i.sku_id = u.item_id
     order by u.item_id, u.num, u.den, u.unit",
);

pub(super) const OPTION_SETS: Statement = Statement::new(
    "exchange.export_option_sets",
    "select o.option_set, o.name, o.value, o.value_name, o.archived
     from exchange_option_list o
     order by o.set_id, o.position, o.value",
);

pub(super) const FAMILIES: Statement = Statement::per_engine(
    "exchange.export_families",
    "select f.code, f.name,
       (select json_group_array(o.option_set)
        from (select n.option_set from exchange_family_option_list n where n.family_id = f.id order by n.position) o),
       f.sku_pattern, f.name_pattern, f.configurable, f.excluded, f.category, f.defaults, f.archived, f.version
     from exchange_family_list f
     order by f.id",
    "select f.code, f.name,
       (select cast(json_agg(n.option_set order by n.position) as text)
        from exchange_family_option_list n where n.family_id = f.id),
       f.sku_pattern, f.name_pattern, f.configurable, f.excluded, f.category, f.defaults, f.archived, f.version
     from exchange_family_list f
     order by f.id",
);

/// The keys of values hold neither quotes nor slashes.
pub(super) const VARIANTS: Statement = Statement::new(
    "exchange.export_variants",
    "select v.sku, v.family, '[\"' || replace(v.combination, '/', '\",\"') || '\"]'
     from exchange_variant_list v
     order by v.id",
);

pub(super) const SUPPLIERS: Statement = Statement::new(
    "exchange.export_suppliers",
    "select s.code, s.name, s.archived, s.version from exchange_supplier_list s order by s.id",
);

pub(super) const SUPPLIES: Statement = Statement::new(
    "exchange.export_supplies",
    "select p.sku, p.supplier, p.supplier_sku, p.name, p.unit,
       case when p.den = 1 then cast(p.num as text) else cast(p.num as text) || '/' || cast(p.den as text) end,
       p.least, p.multiple, p.lead_time_days, p.rank
     from exchange_supply_list p
     order by p.id",
);

pub(super) const PRICES: Statement = Statement::new(
    "exchange.export_prices",
    "select p.sku, p.kind, p.list, p.supplier, p.supplier_sku, p.unit, p.currency, p.least, p.amount, p.valid_from,
       p.valid_until
     from exchange_price_list p
     order by p.id",
);

pub(super) const BOMS: Statement = Statement::new(
    "exchange.export_boms",
    "select b.sku, b.kind, b.yielded, b.note, b.component, b.instead_of, b.qty, b.unit, b.scrap * 10000
     from exchange_bom_list b
     order by b.item_id, b.line, b.choice",
);

pub(super) const BARCODES: Statement = Statement::new(
    "exchange.export_barcodes",
    "select i.sku, b.unit, b.code, b.symbology
     from exchange_barcode_list b join ck_item i on i.sku_id = b.item_id
     order by b.item_id, b.code_key",
);

pub(super) const LOCATION_TYPES: Statement = Statement::new(
    "exchange.export_location_types",
    "select y.code, y.name, y.kind, y.role, y.sellable, y.open_to_allocation, y.archived, y.version
     from exchange_location_type_list y
     order by y.id",
);

/// What is on its way is not a place: it is made and told by its transfer.
pub(super) const LOCATIONS: Statement = Statement::new(
    "exchange.export_locations",
    "select l.code, l.name, l.kind, l.role, l.parent, l.site, l.zone, l.sellable, l.blocked, l.block_reason,
       l.open_to_allocation, l.archived, l.version, l.archived_at, l.type, l.walk, l.x_mm, l.y_mm,
       l.z_mm, l.state
     from v_location l
     where l.kind <> 'transit'
     order by l.location_id",
);

pub(super) const SITES: Statement = Statement::new(
    "exchange.export_sites",
    "select s.site, s.lines, s.city, s.region, s.postcode, s.country, s.contacts, s.hours, s.version
     from exchange_site_list s
     order by s.id",
);

pub(super) const SITE_DAYS: Statement = Statement::new(
    "exchange.export_site_days",
    "select d.site, d.on_date, d.name, d.hours from exchange_site_day_list d order by d.id, d.on_date",
);

/// A kind of places with those that it stands below, or a word for all of them or none.
macro_rules! levels {
    ($get:literal) => {
        concat!(
            "select coalesce(s.code, '~organisation'), ",
            levels!($get, "zone"),
            ", ",
            levels!($get, "aisle"),
            ", ",
            levels!($get, "rack"),
            ", ",
            levels!($get, "shelf"),
            ", ",
            levels!($get, "bin"),
            " from exchange_level_list l left join ck_location s on s.loc_id = l.scope order by l.scope"
        )
    };
    ($get:literal, $kind:literal) => {
        concat!(
            "case when ",
            $get,
            " '",
            $kind,
            "' is null then '[\"any\"]'
                  when ",
            $get,
            " '",
            $kind,
            "' = '[]' then '[\"none\"]' else ",
            $get,
            " '",
            $kind,
            "' end"
        )
    };
}

pub(super) const LOCATION_LEVELS: Statement = Statement::per_engine(
    "exchange.export_location_levels",
    levels!("l.below ->>"),
    levels!("l.below::json ->>"),
);

pub(super) const CAPACITIES: Statement = Statement::new(
    "exchange.export_capacities",
    "select c.location_type, c.location, c.rule, c.max, c.of_classes, c.breach, c.unsized, c.lifted
     from exchange_capacity_list c
     order by c.scope, c.id, c.rule",
);

pub(super) const LOTS: Statement = Statement::new(
    "exchange.export_lots",
    "select l.sku, l.lot, l.tracking, l.made_on, l.expiry_on, l.held_at, l.parent
     from v_lot l
     order by l.lot_id",
);

/// The facts of items that the list of items has, without the number of their changes.
pub(super) const ITEM_FACTS: Statement = Statement::new(
    "exchange.canonical_items",
    "select i.sku, i.name, i.base_unit, k.whole, i.tracking, i.class, i.category, i.attributes, i.owner,
       i.archived, i.version
     from v_item i join ck_item k on k.sku_id = i.item_id
     order by i.item_id",
);

pub(super) const UNIT_FACTS: Statement = Statement::new(
    "exchange.canonical_units",
    "select i.sku, u.unit, u.num, u.den, u.removed
     from ck_unit u join ck_item i on i.sku_id = u.sku_id
     order by u.sku_id, u.num, u.den, u.unit",
);

/// A GTIN in fourteen digits.
pub(super) const BARCODE_FACTS: Statement = Statement::new(
    "exchange.canonical_barcodes",
    "select i.sku, b.unit, b.code_key
     from ck_barcode b join ck_item i on i.sku_id = b.sku_id
     order by b.sku_id, b.code_key",
);

pub(super) const LOCATION_FACTS: Statement = Statement::new(
    "exchange.canonical_locations",
    "select l.code, l.name, l.kind, l.role, l.parent, l.site, l.zone, l.sellable, l.blocked, l.block_reason,
       l.open_to_allocation, l.archived, l.version, l.archived_at
     from v_location l
     order by l.location_id",
);

/// The facts of lots that do not follow from movements.
pub(super) const LOTS_WITH_PARENTS: Statement = Statement::new(
    "exchange.canonical_lots",
    "select l.sku, l.lot, l.tracking, l.made_on, l.expiry_on, l.parent, k.on_hold
     from v_lot l
     join ck_lot k on k.lot_id = l.lot_id",
);

/// What people hold of lots that are on hold as a whole.
pub(super) const KEPT: Statement = Statement::new(
    "exchange.canonical_kept",
    "select i.sku, l.code, p.code, k.status, k.qty
     from ck_kept k
     join ck_lot l on l.lot_id = k.lot_id
     join ck_item i on i.sku_id = l.sku_id
     join ck_location p on p.loc_id = k.loc_id",
);

/// How many movements of keys in status `hold` were made before the hold of their lot.
pub(super) const HELD: Statement = Statement::new(
    "exchange.canonical_held",
    "select i.sku, l.code, p.code, h.ver
     from ck_held h
     join ck_lot l on l.lot_id = h.lot_id
     join ck_item i on i.sku_id = l.sku_id
     join ck_location p on p.loc_id = h.loc_id",
);

/// Which movements of keys in status `hold` were made during a hold of their lot that is over.
pub(super) const RELEASED: Statement = Statement::new(
    "exchange.canonical_released",
    "select i.sku, l.code, p.code, r.from_ver, r.to_ver
     from ck_released r
     join ck_lot l on l.lot_id = r.lot_id
     join ck_item i on i.sku_id = l.sku_id
     join ck_location p on p.loc_id = r.loc_id",
);

/// What handling units were put into.
pub(super) const UNIT_MOVES: Statement = Statement::new(
    "exchange.canonical_unit_moves",
    "select u.code, m.seq, f.code, t.code, p.doc_id, p.effective_at
     from ck_unit_move m
     join ck_location u on u.loc_id = m.unit_id
     left join ck_location f on f.loc_id = m.from_parent
     left join ck_location t on t.loc_id = m.to_parent
     left join ck_posting p on p.posting_id = m.posting_id",
);

pub(super) const TRANSFER_HEADS: Statement = Statement::new(
    "exchange.canonical_transfers",
    "select d.number, d.state, f.code, t.code, d.note, d.expected_on
     from ck_doc d
     join ck_location f on f.loc_id = d.from_site
     join ck_location t on t.loc_id = d.to_site",
);

pub(super) const TRANSFER_LINES: Statement = Statement::new(
    "exchange.canonical_transfer_lines",
    "select d.number, n.line_no, i.sku, l.code, n.qty_ordered, n.qty_shipped, n.qty_received, n.qty_short
     from ck_doc d
     join ck_doc_line n on n.doc_id = d.doc_id
     join ck_item i on i.sku_id = n.sku_id
     left join ck_lot l on l.lot_id = n.lot_id",
);

/// Claims by what they say, without their ids, which were drawn by chance.
pub(super) const CLAIM_FACTS: Statement = Statement::new(
    "exchange.canonical_claims",
    "select c.kind, c.demand_line_id, i.sku, s.code, p.code, l.code, c.qty, c.priority, c.state, c.expires_at,
       nullif(c.backordered, 0), c.may_wait, nullif(c.lost, 0)
     from ck_allocation c
     join ck_item i on i.sku_id = c.sku_id
     join ck_location s on s.loc_id = c.site_id
     left join ck_location p on p.loc_id = c.loc_id
     left join ck_lot l on l.lot_id = c.lot_id",
);

pub(super) const STOCK: Statement = Statement::new(
    "exchange.export_stock",
    "select s.code, p.code, i.sku, l.code, l.expiry_on, b.status, b.on_hand, b.allocated, i.base_unit
     from ck_balance b
     join ck_item i on i.sku_id = b.sku_id
     join ck_location p on p.loc_id = b.loc_id
     left join ck_location s on s.loc_id = p.site_id and p.site_id <> 0
     left join ck_lot l on l.lot_id = b.lot_id
     where b.loc_id > 0 and b.on_hand <> 0
     order by b.sku_id, b.loc_id, b.lot_id, b.status",
);

/// Every key there ever was, with its names and ids and the site where its place stood at an instant; what it held at a moment is for `stock` to say, and
/// what was bound then is not kept.
macro_rules! stock_keys {
    ($at:literal) => {
        concat!(
            "select s.code, p.code, i.sku, l.code, l.expiry_on, b.status, cast(null as bigint),
               cast(null as bigint), i.base_unit, b.sku_id, b.loc_id, b.lot_id
             from ck_balance b
             join ck_item i on i.sku_id = b.sku_id
             join ck_location p on p.loc_id = b.loc_id
             left join ck_stood h on h.loc_id = b.loc_id and h.is_site and h.since <= ",
            $at,
            " and h.until > ",
            $at,
            " left join ck_location s on s.loc_id = coalesce(h.above, p.site_id) and p.site_id <> 0
             left join ck_lot l on l.lot_id = b.lot_id
             where b.loc_id > 0
             order by b.sku_id, b.loc_id, b.lot_id, b.status"
        )
    };
}

pub(super) const STOCK_KEYS: Statement =
    Statement::per_engine("exchange.export_stock_keys", stock_keys!("?1"), stock_keys!("?1::timestamptz"));

/// Each part has its share of what its stack is worth. What belongs to others has no cost.
pub(super) const OPENING_STOCK: Statement = Statement::new(
    "exchange.export_opening_stock",
    "select i.sku, p.code, b.on_hand, i.base_unit, l.lot, l.serials, b.status, l.expiry_on, l.made_on,
       case when i.owner is null
            then cast(k.value as text) || '/' || cast(k.qty as text) || '/'
              || cast(sum(b.on_hand) over parts - b.on_hand as text) || '/' || cast(sum(b.on_hand) over parts as text)
       end
     from ck_balance b
     join v_item i on i.item_id = b.sku_id
     join ck_location p on p.loc_id = b.loc_id
     left join exchange_lot_list l on l.lot_id = b.lot_id
     left join ck_stack k on k.sku_id = b.sku_id and k.valuation_group = p.valuation_group
     where p.kind = 'internal' and b.on_hand <> 0
     window parts as (partition by b.sku_id, p.valuation_group order by b.loc_id, b.lot_id, b.status)
     order by b.sku_id, b.loc_id, b.lot_id, b.status",
);

/// What a movement left at a place, by what had taken effect until then and was recorded before.
macro_rules! counted {
    ($end:literal) => {
        concat!(
            "cast(m.",
            $end,
            "_after - coalesce((
               select sum(case when x.to_loc = m.",
            $end,
            "_loc and x.to_status = m.",
            $end,
            "_status
                               then x.qty else -x.qty end)
               from ck_movement x
               where x.sku_id = m.sku_id and x.lot_id = m.lot_id
                 and x.recorded_at < m.recorded_at and x.recorded_at > m.effective_at
                 and x.effective_at > m.effective_at
                 and ((x.to_loc = m.",
            $end,
            "_loc and x.to_status = m.",
            $end,
            "_status)
                   or (x.from_loc = m.",
            $end,
            "_loc and x.from_status = m.",
            $end,
            "_status))), 0) as bigint)"
        )
    };
}

/// The columns of a movement as a row; those that bring goods in say what these are and cost.
macro_rules! posted {
    (location) => { "case when m.goes_out then m.from_code else m.to_code end" };
    (status) => { "case when m.goes_out then m.from_status else m.to_status end" };
    (counted) => {
        concat!(
            "case when m.kind = 'adjust' and m.goes_out then ", counted!("from"),
            " when m.kind = 'adjust' then ", counted!("to"), " end"
        )
    };
    (cost) => {
        "case when not m.goes_out and i.owner is null
              then cast(abs(m.value) as text) || '/' || cast(m.qty as text) || '/0/' || cast(m.qty as text)
         end"
    };
    (reason) => {
        "case m.kind when 'adjust' then coalesce(m.reason, 'count')
                     when 'set_status' then coalesce(m.reason, 'inspection') else m.reason end"
    };
}

macro_rules! from_movements {
    ($which:literal) => {
        concat!(
            " from exchange_movement_list m
              join v_item i on i.item_id = m.sku_id
              left join exchange_lot_list l on l.lot_id = m.lot_id
              where ",
            $which,
            " order by m.recorded_at, m.lane, m.seq, m.line_no"
        )
    };
}

pub(super) const COUNTS: Statement = Statement::new(
    "exchange.export_counts",
    concat!(
        "select i.sku, ",
        posted!(location),
        ", ",
        posted!(counted),
        ", i.base_unit, l.lot, l.serials, ",
        posted!(status),
        ", case when not m.goes_out then l.expiry_on end, ",
        posted!(cost),
        ", m.effective_at, m.doc_id, ",
        posted!(reason),
        ", m.note",
        // 9 is an adjustment
        from_movements!("m.posted = 9")
    ),
);

pub(super) const MOVEMENTS_IN: Statement = Statement::new(
    "exchange.export_movements_in",
    concat!(
        "select m.kind, i.sku, ",
        posted!(location),
        ", case when m.kind <> 'adjust' then m.qty end, ",
        posted!(counted),
        ", i.base_unit, case when m.kind = 'move' then m.to_code end,
         case when m.kind = 'set_status' then m.to_status end, l.lot, l.serials, ",
        posted!(status),
        ", case when not m.goes_out then l.expiry_on end, case when not m.goes_out then l.made_on end, ",
        posted!(cost),
        ", m.effective_at, m.doc_id, ",
        posted!(reason),
        ", m.note",
        from_movements!("m.qty > 0")
    ),
);

macro_rules! movements {
    ($name:literal, $which:literal) => {
        Statement::new(
            $name,
            concat!(
                "select p.posting_id, m.line_no, p.kind, p.doc_id, p.reason, p.note, u.customer, p.actor_id,
                   m.effective_at, m.effective_on, m.recorded_at, i.sku, l.code, m.qty, i.base_unit, f.code, m.from_status, t.code,
                   m.to_status, m.from_after, m.to_after, m.value, m.value, p.reversal_of, m.lane, m.seq
                 from ck_movement m
                 join ck_posting p on p.lane = m.lane and p.seq = m.seq
                 join ck_item i on i.sku_id = m.sku_id
                 join ck_location f on f.loc_id = m.from_loc
                 join ck_location t on t.loc_id = m.to_loc
                 left join ck_lot l on l.lot_id = m.lot_id
                 left join exchange_customer_posting u on u.posting = p.posting_id
                 where ",
                $which,
                " order by m.lane, m.seq, m.line_no"
            ),
        )
    };
}

pub(super) const MOVEMENTS: Statement = movements!("exchange.export_movements", "m.qty > 0");
pub(super) const MOVEMENTS_TO: Statement = movements!("exchange.export_movements_to", "m.effective_at <= ?1");

macro_rules! postings {
    ($name:literal, $which:literal) => {
        Statement::new(
            $name,
            concat!(
                "select p.posting_id, p.kind, p.doc_id, p.reason, p.note, u.customer, p.actor_id, p.effective_at,
                   p.recorded_at, p.late_from, p.reversal_of, p.claims, p.idem_key, p.lane, p.seq, p.hash
                 from ck_posting p
                 left join exchange_customer_posting u on u.posting = p.posting_id
                 where ",
                $which,
                " order by p.lane, p.seq"
            ),
        )
    };
}

pub(super) const POSTINGS: Statement = postings!("exchange.export_postings", "p.seq > 0");
pub(super) const POSTINGS_TO: Statement = postings!("exchange.export_postings_to", "p.effective_at <= ?1");

pub(super) const CUSTOMERS: Statement = Statement::new(
    "exchange.export_customers",
    "select c.number, c.country, c.first_at, c.last_at, c.invoices
     from exchange_customer c
     order by c.number",
);

/// Whose each posting is.
pub(super) const CUSTOMER_POSTINGS: Statement = Statement::new(
    "exchange.export_customer_postings",
    "select u.customer, p.kind, p.doc_id, u.effective_at
     from exchange_customer_posting u
     join ck_posting p on p.posting_id = u.posting",
);

pub(super) const CLAIMS: Statement = Statement::new(
    "exchange.export_claims",
    "select c.alloc_id, c.kind, c.demand_line_id, i.sku, s.code, p.code, l.code, c.qty, i.base_unit, c.priority,
       c.state, c.made_at, c.expires_at, nullif(c.backordered, 0)
     from ck_allocation c
     join ck_item i on i.sku_id = c.sku_id
     join ck_location s on s.loc_id = c.site_id
     left join ck_location p on p.loc_id = c.loc_id
     left join ck_lot l on l.lot_id = c.lot_id
     order by c.alloc_id",
);

pub(super) const LAYERS: Statement = Statement::new(
    "exchange.export_layers",
    "select i.sku, g.code, y.layer_id, y.effective_at, y.qty_in, y.value_in, y.qty_left, y.value_left, y.value_in
     from ck_layer y
     join ck_item i on i.sku_id = y.sku_id
     left join ck_location g on g.loc_id = y.valuation_group
     order by y.sku_id, y.valuation_group, y.layer_id",
);

/// Every stack there ever was, with its names and ids; what it was worth at a moment is for `stock` to say.
/// What is under way is named by its transfer, whose location has its number behind a tilde.
macro_rules! stacks {
    ($which:literal) => {
        concat!(
            "select i.sku, coalesce(ltrim(g.code, '~'), 'organisation'), k.qty, i.base_unit, k.value, k.value,
               k.sku_id, k.valuation_group
             from ck_stack k
             join ck_item i on i.sku_id = k.sku_id
             left join ck_location g on g.loc_id = k.valuation_group
             where ",
            $which,
            " order by k.sku_id, k.valuation_group"
        )
    };
}

pub(super) const VALUATION: Statement =
    Statement::new("exchange.export_valuation", stacks!("k.qty <> 0 or k.value <> 0"));
pub(super) const STACK_KEYS: Statement =
    Statement::new("exchange.export_stack_keys", stacks!("k.next_layer >= 0"));

pub(super) const TRANSFERS: Statement = Statement::new(
    "exchange.export_transfers",
    "select d.number, d.state, f.code, t.code, n.line_no, i.sku, l.code, n.qty_ordered, n.qty_shipped,
       n.qty_received, n.qty_short, i.base_unit, d.version
     from ck_doc d
     join ck_doc_line n on n.doc_id = d.doc_id
     join ck_item i on i.sku_id = n.sku_id
     join ck_location f on f.loc_id = d.from_site
     join ck_location t on t.loc_id = d.to_site
     left join ck_lot l on l.lot_id = n.lot_id
     order by d.doc_id, n.line_no",
);

/// What each site has of each item, in any status.
pub(super) const SUMS: Statement = Statement::new(
    "exchange.export_sums",
    "select i.sku, s.code, cast(sum(b.on_hand) as bigint), i.base_unit
     from ck_balance b
     join ck_item i on i.sku_id = b.sku_id
     join ck_location p on p.loc_id = b.loc_id
     left join ck_location s on s.loc_id = p.site_id and p.site_id <> 0
     where b.loc_id > 0
     group by b.sku_id, p.site_id, i.sku, s.code, i.base_unit
     having sum(b.on_hand) <> 0
     order by b.sku_id, p.site_id",
);

/// The numbers that what is available is made of.
pub(super) const SITE_STOCK: Statement = Statement::new(
    "exchange.export_site_stock",
    "select i.sku, s.code, g.sellable, g.reserved, g.allocated, g.backordered, g.next_expiry, i.base_unit
     from ck_site g
     join ck_item i on i.sku_id = g.sku_id
     join ck_location s on s.loc_id = g.site_id
     where g.sellable <> 0 or g.reserved <> 0 or g.allocated <> 0 or g.backordered <> 0
     order by g.sku_id, g.site_id",
);

pub(super) const BACKORDER_RULES: Statement = Statement::new(
    "exchange.export_backorder_rules",
    "select s.code, i.sku, case b.rule when 1 then 'as_site' when 2 then 'none' when 3 then 'cap' end, b.cap,
       i.base_unit, b.version
     from ck_backorder b
     join ck_location s on s.loc_id = b.site_id
     left join ck_item i on i.sku_id = b.sku_id
     order by b.site_id, b.sku_id",
);

pub(super) const MINIMUMS: Statement = Statement::new(
    "exchange.export_minimums",
    "select s.code, i.sku, m.least, i.base_unit, m.version
     from exchange_minimum_list m
     join ck_location s on s.loc_id = m.site_id
     join ck_item i on i.sku_id = m.item_id
     order by m.site_id, m.item_id",
);

pub(super) const HOMES: Statement = Statement::new(
    "exchange.export_homes",
    "select s.code, i.sku, h.rank, l.code
     from exchange_home_list h
     join ck_location s on s.loc_id = h.site_id
     join ck_item i on i.sku_id = h.item_id
     join ck_location l on l.loc_id = h.location_id
     order by h.site_id, h.item_id, h.rank",
);

pub(super) const REASON_LIST: Statement = Statement::new(
    "exchange.export_reason_list",
    "select r.code, r.name, r.active, r.version from exchange_reason_list r order by r.code",
);

pub(super) const PERIOD_LIST: Statement = Statement::new(
    "exchange.export_period_list",
    "select p.period_id, p.state, p.starts, p.ends, p.closed_at, p.version from ck_period p order by p.period_id",
);

pub(super) const UNIT_MOVE_LIST: Statement = Statement::new(
    "exchange.export_unit_moves",
    "select u.code, m.seq, m.posting_id, f.code, t.code, m.at
     from ck_unit_move m
     join ck_location u on u.loc_id = m.unit_id
     left join ck_location f on f.loc_id = m.from_parent
     left join ck_location t on t.loc_id = m.to_parent
     order by m.unit_id, m.seq",
);

pub(super) const AUDIT: Statement = Statement::new(
    "exchange.export_audit",
    "select a.n, a.at, a.actor_id, a.actor_name, a.action, a.target, a.outcome, a.details, a.request_id, a.hash
     from ck_audit a
     order by a.n",
);

pub(super) const ORGANISATION: Statement = Statement::new(
    "exchange.export_organisation",
    "select o.currency, o.zone, o.valuation_method, o.valuation_grouping from ck_organisation o",
);

pub(super) const SERIALS: Statement = Statement::new(
    "exchange.export_serials",
    "select i.sku, l.code, p.code, s.status
     from ck_serial s
     join ck_lot l on l.lot_id = s.serial_id
     join ck_item i on i.sku_id = s.sku_id
     left join ck_location p on p.loc_id = s.loc_id",
);

/// A row that no movement has touched says nothing.
pub(super) const BALANCES: Statement = Statement::new(
    "exchange.export_balances",
    "select i.sku, p.code, l.code, b.status, b.on_hand, b.allocated, b.ver
     from ck_balance b
     join ck_item i on i.sku_id = b.sku_id
     join ck_location p on p.loc_id = b.loc_id
     left join ck_lot l on l.lot_id = b.lot_id
     where b.ver > 0",
);

pub(super) const GUARDS: Statement = Statement::new(
    "exchange.export_guards",
    "select i.sku, s.code, g.sellable, g.reserved, g.allocated, g.next_expiry, nullif(g.backordered, 0)
     from ck_site g
     join ck_item i on i.sku_id = g.sku_id
     join ck_location s on s.loc_id = g.site_id
     where g.sellable <> 0 or g.reserved <> 0 or g.allocated <> 0 or g.backordered <> 0",
);

pub(super) const BACKORDER: Statement = Statement::new(
    "exchange.export_backorder",
    "select s.code, i.sku, b.rule, b.cap
     from ck_backorder b
     join ck_location s on s.loc_id = b.site_id
     left join ck_item i on i.sku_id = b.sku_id",
);

pub(super) const PERIODS: Statement =
    Statement::new("exchange.export_periods", "select p.period_id, p.state from ck_period p");

pub(super) const REASONS: Statement =
    Statement::new("exchange.export_reasons", "select r.code, r.active <> 0 from ck_reason r");

/// The facts of every posting.
pub(super) const HEADS: Statement = Statement::new(
    "exchange.export_heads",
    "select p.kind, p.effective_at, p.late_from, p.actor_id, p.doc_id, p.reason, p.note, p.idem_key, p.claims,
       r.doc_id, r.effective_at
     from ck_posting p
     left join ck_posting r on r.posting_id = p.reversal_of",
);

/// Every movement, by its codes and by what its two keys had seen.
pub(super) const LEGS: Statement = Statement::new(
    "exchange.export_legs",
    "select p.kind, p.doc_id, m.line_no, m.effective_at, m.effective_on, i.sku, l.code, m.qty, f.code, m.from_status,
       m.from_after, m.from_ver, t.code, m.to_status, m.to_after, m.to_ver, m.value
     from ck_movement m
     join ck_posting p on p.lane = m.lane and p.seq = m.seq
     join ck_item i on i.sku_id = m.sku_id
     join ck_location f on f.loc_id = m.from_loc
     join ck_location t on t.loc_id = m.to_loc
     left join ck_lot l on l.lot_id = m.lot_id",
);

/// What every movement did to cost layers.
pub(super) const USES: Statement = Statement::new(
    "exchange.export_uses",
    "select i.sku, g.code, u.layer_id, u.qty, u.cost, u.made, p.doc_id, p.effective_at, u.line_no
     from ck_layer_use u
     join ck_posting p on p.lane = u.lane and p.seq = u.seq
     join ck_item i on i.sku_id = u.sku_id
     left join ck_location g on g.loc_id = u.valuation_group",
);

/// What every return took back of which sale.
pub(super) const RETURNS: Statement = Statement::new(
    "exchange.export_returns",
    "select p.doc_id, p.effective_at, r.line_no, s.doc_id, s.effective_at, r.sale_line, r.qty, r.value
     from ck_return r
     join ck_posting p on p.lane = r.lane and p.seq = r.seq
     left join ck_posting s on s.posting_id = r.sale_id",
);

/// All statements, for the test that prepares each.
#[cfg(test)]
pub(super) const STATEMENTS: [&Statement; 68] = [
    &SITES,
    &SITE_DAYS,
    &LOCATION_LEVELS,
    &CAPACITIES,
    &OPENING_STOCK,
    &COUNTS,
    &MOVEMENTS_IN,
    &LOCATION_TYPES,
    &OPTION_SETS,
    &FAMILIES,
    &VARIANTS,
    &SUPPLIERS,
    &BOMS,
    &SUPPLIES,
    &PRICES,
    &LOCATION_FACTS,
    &ATTRIBUTES,
    &CATEGORIES,
    &CATEGORY_ATTRIBUTES,
    &ITEM_FACTS,
    &UNIT_FACTS,
    &BARCODE_FACTS,
    &ITEMS,
    &UNITS,
    &BARCODES,
    &LOCATIONS,
    &LOTS,
    &LOTS_WITH_PARENTS,
    &KEPT,
    &HELD,
    &RELEASED,
    &UNIT_MOVES,
    &TRANSFER_HEADS,
    &TRANSFER_LINES,
    &CLAIM_FACTS,
    &STOCK,
    &STOCK_KEYS,
    &MOVEMENTS,
    &MOVEMENTS_TO,
    &POSTINGS,
    &POSTINGS_TO,
    &CUSTOMERS,
    &CUSTOMER_POSTINGS,
    &CLAIMS,
    &LAYERS,
    &VALUATION,
    &STACK_KEYS,
    &TRANSFERS,
    &SUMS,
    &SITE_STOCK,
    &BACKORDER_RULES,
    &MINIMUMS,
    &HOMES,
    &REASON_LIST,
    &PERIOD_LIST,
    &UNIT_MOVE_LIST,
    &AUDIT,
    &ORGANISATION,
    &SERIALS,
    &BALANCES,
    &GUARDS,
    &BACKORDER,
    &PERIODS,
    &REASONS,
    &HEADS,
    &LEGS,
    &USES,
    &RETURNS,
];
