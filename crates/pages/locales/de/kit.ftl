load-more = Mehr laden
clear-filter = Filter aufheben
go-on = Weiter
go-home = Zur ersten Seite
or = oder
you-are-here = Sie sind hier
undo = Rückgängig
