"""Reads a workbook as another program does: a line of JSON for each row, by column, with the kind of each cell."""

import json
import sys

import openpyxl

sheet = openpyxl.load_workbook(sys.argv[1], read_only=True).active
rows = sheet.iter_rows()
titles = [cell.value for cell in next(rows)]
for row in rows:
    cells = {title: [cell.data_type, str(cell.value)] for title, cell in zip(titles, row) if cell.value is not None}
    print(json.dumps(cells))
