-- Which posting made a layer is asked of each layer by its view: without an index each of them read the whole log.

create index stock_layer_use_made on stock_layer_use (item, grp, seq, number) where made = 1;
