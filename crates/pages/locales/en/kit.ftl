load-more = Load more
clear-filter = Clear the filter
go-on = Go on
go-home = To the first page
or = or
you-are-here = You are here
undo = Undo
