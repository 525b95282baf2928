//! Sheets as wire objects.

use super::wire::{CellView, ChartView, RowView, SheetView, TableView};
use crate::api::view::{plain_figure, shown};
use crate::plan::Figure;
use crate::plan::budget::{Cell, Chart, Grid, Line, Lines, Sheet, Spans};
use crate::units::Ratio;

pub(super) fn sheet(own: &Sheet) -> SheetView {
    SheetView {
        id: own.id.to_owned(),
        says: own.says.clone(),
        figures: own.figures.iter().map(plain_figure).collect(),
        charts: own.charts.iter().map(chart).collect(),
        tables: own.tables.iter().map(table).collect(),
        notes: own.notes.clone(),
        link: None,
    }
}

fn table(own: &Grid) -> TableView {
    let titles: Vec<&str> = own.columns.iter().map(|column| column.0).collect();
    TableView {
        caption: own.caption.to_owned(),
        columns: own.columns.iter().map(|(title, number)| ((*title).to_owned(), *number)).collect(),
        rows: own.rows.iter().map(|line| row(line, &titles)).collect(),
    }
}

fn row(own: &Line, titles: &[&'static str]) -> RowView {
    let cells = own.cells.iter().zip(titles).map(|(own, title)| cell(own, title));
    RowView { cells: cells.collect(), marked: own.marked }
}

fn cell(own: &Cell, title: &'static str) -> CellView {
    let number = own.amount.map(shown);
    let figure = own.amount.zip(own.derivation.clone()).map(|(amount, derivation)| {
        let figure = plain_figure(&Figure { id: "", label: title, amount, derivation });
        crate::api::Figure {
            shown: crate::api::Shown { text: own.text.clone(), ..figure.shown },
            ..figure
        }
    });
    CellView {
        text: own.text.clone(),
        below: own.below.clone(),
        value: number.as_ref().map(|number| number.value),
        unit: number.map(|number| number.unit).unwrap_or_default(),
        figure,
    }
}

fn chart(own: &Chart) -> ChartView {
    let named = |all: &[(Ratio, String)]| -> Vec<(f64, String)> {
        all.iter().map(|(at, name)| (at.get(), name.clone())).collect()
    };
    match own {
        Chart::Lines(Lines { title, axes, units, steps, points, band, levels, places }) => {
            ChartView {
                title: title.clone(),
                axes: axes.map(str::to_owned),
                units: units.map(str::to_owned),
                steps: *steps,
                points: points.iter().map(|point| point.map(Ratio::get)).collect(),
                band: band.iter().map(|point| point.map(Ratio::get)).collect(),
                levels: named(levels),
                places: named(places),
                ..ChartView::default()
            }
        }
        Chart::Spans(Spans { title, axis, unit, rule, rows }) => ChartView {
            title: title.clone(),
            axes: [(*axis).to_owned(), String::new()],
            units: [(*unit).to_owned(), String::new()],
            rule: rule.map(Ratio::get),
            spans: rows
                .iter()
                .map(|(name, ends, text)| (name.clone(), ends.map(Ratio::get), text.clone()))
                .collect(),
            ..ChartView::default()
        },
    }
}
