//! Sheets as wire objects.

use super::wire::{CellView, ChartView, MarkView, RowView, SheetView, TableView};
use crate::api::Shown;
use crate::api::view::{plain_figure, shown};
use crate::plan::Figure;
use crate::plan::budget::{Cell, Chart, Grid, Sheet};
use crate::units::Ratio;

pub(in crate::api) fn sheet(own: &Sheet) -> SheetView {
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
    let mut rows = Vec::new();
    for line in &own.rows {
        let cells = line.cells.iter().zip(&own.columns);
        let cells = cells.map(|(own, title)| cell(own, title)).collect();
        rows.push(RowView { cells, marked: line.marked });
    }
    TableView {
        caption: own.caption.to_owned(),
        columns: own.columns.iter().map(|title| (*title).to_owned()).collect(),
        rows,
    }
}

fn cell(own: &Cell, label: &'static str) -> CellView {
    let number = own.amount.map(shown).unwrap_or_default();
    let said = Shown { text: own.text.clone(), ..number };
    let figure = own.amount.zip(own.derivation.as_deref()).map(|(amount, derivation)| {
        let derivation = derivation.clone();
        let figure = plain_figure(&Figure { id: "", label, amount, derivation });
        crate::api::Figure { shown: said.clone(), ..figure }
    });
    CellView { shown: said, below: own.below.clone(), figure }
}

fn chart(own: &Chart) -> ChartView {
    let flat = |all: &[Ratio]| all.iter().map(|value| value.get()).collect();
    let mark = |mark: &crate::plan::budget::Mark| MarkView {
        kind: mark.kind.to_owned(),
        name: mark.name.clone(),
        text: mark.text.clone(),
        at: flat(&mark.at),
    };
    ChartView {
        title: own.title.clone(),
        axes: own.axes.iter().map(|name| (*name).to_owned()).collect(),
        units: own.units.iter().map(|name| (*name).to_owned()).collect(),
        steps: own.steps,
        points: flat(&own.points),
        band: flat(&own.band),
        marks: own.marks.iter().map(mark).collect(),
    }
}
