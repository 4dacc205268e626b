-- The reasons that every shop needs, and those of the stock that the demo simulates. Version 0:
-- nobody has changed them yet.

insert into stock_reason (code, name, active, version) values
  ('channel', 'Sold or returned through another channel', 1, 0),
  ('coding', 'Booked or labelled under another item', 1, 0),
  ('correction', 'A wrong entry put right', 1, 0),
  ('count', 'The count differed', 1, 0),
  ('damaged', 'Broken, wet or spoiled', 1, 0),
  ('expired', 'Past its last sellable day', 1, 0),
  ('found', 'Turned up', 1, 0),
  ('inspection', 'Set apart or cleared by an inspection', 1, 0),
  ('lost', 'Not where it should be', 1, 0),
  ('other', 'Another reason, told in the note', 1, 0),
  ('promotion', 'Given away', 1, 0),
  ('recall', 'Called back by the maker or an authority', 1, 0),
  ('sample', 'Used as a sample or for display', 1, 0),
  ('sets', 'A set made of pieces, or pieces of a set', 1, 0),
  ('short_delivery', 'Did not arrive', 1, 0),
  ('simulated', 'Made up for the demo', 1, 0),
  ('theft', 'Stolen', 1, 0),
  ('unexplained', 'Nobody knows', 1, 0);
