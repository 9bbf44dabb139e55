"""A table as text, in columns, and as HTML for JupyterLab, in the colours of its theme."""

import html


def text_table(head, rows, numbers):
    """Lines of text, two spaces between the columns; the last `numbers` columns to the right."""
    table = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*table)]
    names = len(head) - numbers
    for row in table:
        cells = [
            cell.ljust(width) if i < names else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))
        ]
        yield "  ".join(cells).rstrip()


def html_table(caption, head, rows, numbers, total=None):
    """The same as HTML, under a caption and with a last row `total`; it scrolls if it is long."""
    names = len(head) - numbers

    def line(tag, row):
        cells = "".join(
            f'<{tag} style="text-align:{"left" if i < names else "right"};white-space:nowrap">'
            f"{html.escape(cell)}</{tag}>"
            for i, cell in enumerate(row)
        )
        return f"<tr>{cells}</tr>"

    return (
        '<div style="max-height:40em;overflow:auto">'
        '<table style="margin-left:0;font-variant-numeric:tabular-nums">'
        f'<caption style="text-align:left;padding:0.4em 0.5em">{html.escape(caption)}</caption>'
        f"<thead>{line('th', head)}</thead>"
        f"<tbody>{''.join(line('td', row) for row in rows)}</tbody>"
        + (f'<tfoot style="border-top:1px solid">{line("th", total)}</tfoot>' if total else "")
        + "</table></div>"
    )
