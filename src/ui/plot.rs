//! A canvas that shows a scene: sharp on every screen, in the theme's colours, with a text for what
//! is pointed at. What it shows is also in a table beside it.

use std::collections::BTreeMap;

use leptos::ev::PointerEvent;
use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement, ResizeObserver};

use super::state::state;
use crate::chart::{Hit, Ink, Palette, Point, SERIES, Scene, paint};

/// Widest canvas, in device pixels; browsers refuse much more.
const PIXELS_MAX: f64 = 8192.0;

/// Opacity of paler inks.
const PALE: f64 = 0.62;

/// Draws what `scene` makes of a width in CSS pixels.
#[component]
pub fn Plot(
    scene: impl Fn(f64) -> Scene + Send + Sync + 'static,
    #[prop(into)] label: Signal<String>,
) -> AnyView {
    let state = state();
    let frame = NodeRef::<Div>::new();
    let canvas = NodeRef::<Canvas>::new();
    let width = RwSignal::new(0.0f64);
    let hit = RwSignal::new(None::<Hit>);
    observe(frame, width);
    let drawn = Memo::new(move |_| {
        let width = width.get();
        (width > 0.0).then(|| scene(width))
    });
    Effect::new(move |_| {
        state.theme.track();
        let Some(canvas) = canvas.get() else { return };
        drawn.with(|drawn| {
            if let Some(drawn) = drawn {
                draw(&canvas, drawn);
            }
        });
    });
    let points = Memo::new(move |_| drawn.with(|d| d.as_ref().is_some_and(|d| !d.hits.is_empty())));
    let readout = move || {
        let text = move || hit.with(|hit| hit.as_ref().map(|hit| hit.text.clone()));
        view! { <p class="readout" aria-hidden="true">{text}</p> }
    };
    let at = move |ev: &PointerEvent| {
        let point = Point {
            x: f64::from(ev.offset_x()),
            y: f64::from(ev.offset_y()),
        };
        drawn.with_untracked(|drawn| drawn.as_ref().and_then(|d| d.hit(point).cloned()))
    };
    let go = move |_| {
        if let Some(link) = hit.with_untracked(|hit| hit.as_ref().and_then(|h| h.link.clone())) {
            drop(window().location().set_hash(&link));
        }
    };
    let leads = move || hit.with(|hit| hit.as_ref().is_some_and(|h| h.link.is_some()));
    view! {
        <div class="plot" node_ref=frame>
            <canvas
                node_ref=canvas
                role="img"
                aria-label=label
                class:leads=leads
                on:pointermove=move |ev| {
                    let now = at(&ev);
                    if hit.with_untracked(|before| *before != now) {
                        hit.set(now);
                    }
                }
                on:pointerleave=move |_| hit.set(None)
                on:click=go
            ></canvas>
            {move || points.get().then(readout)}
        </div>
    }
    .into_any()
}

/// Keeps `width` at the width of the frame.
fn observe(frame: NodeRef<Div>, width: RwSignal<f64>) {
    let measured = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn FnMut()>)>);
    Effect::new(move |_| {
        let Some(frame) = frame.get() else { return };
        let element: Element = frame.unchecked_into();
        let measure = {
            let element = element.clone();
            move || {
                let now = f64::from(element.client_width());
                if width
                    .try_get_untracked()
                    .is_some_and(|before| before != now)
                {
                    width.set(now);
                }
            }
        };
        measure();
        let changed = Closure::<dyn FnMut()>::new(measure);
        if let Ok(observer) = ResizeObserver::new(changed.as_ref().unchecked_ref()) {
            observer.observe(&element);
            measured.set_value(Some((observer, changed)));
        }
    });
    on_cleanup(move || {
        measured.update_value(|measured| {
            if let Some((observer, _)) = measured.take() {
                observer.disconnect();
            }
        });
    });
}

fn draw(canvas: &web_sys::HtmlCanvasElement, scene: &Scene) {
    let longest = scene.width.max(scene.height).max(1.0);
    let ratio = window()
        .device_pixel_ratio()
        .clamp(1.0, 4.0)
        .min(PIXELS_MAX / longest);
    // Setting the size also clears the canvas.
    canvas.set_width((scene.width * ratio).round() as u32);
    canvas.set_height((scene.height * ratio).round() as u32);
    let Some(mut backend) = CanvasBackend::with_canvas_object(canvas.clone()) else {
        return;
    };
    let colours = Colours::of(canvas);
    if let Err(error) = paint(scene, &mut backend, &colours, ratio) {
        leptos::logging::error!("chart: {error}");
    }
}

/// The colours of the theme, as the style sheet has them.
struct Colours {
    inks: BTreeMap<Ink, (u8, u8, u8, f64)>,
    font: String,
}

impl Colours {
    /// A custom property is a mere text; as the background of an element it becomes a colour. The
    /// element that is asked stands within the canvas, where nothing is shown.
    fn of(canvas: &HtmlElement) -> Self {
        let mut colours = Self {
            inks: BTreeMap::new(),
            font: String::from("sans-serif"),
        };
        let Ok(probe) = document().create_element("i") else {
            return colours;
        };
        drop(canvas.append_child(&probe));
        let named = [
            (Ink::Text, "ink-text".to_owned()),
            (Ink::Muted, "ink-muted".to_owned()),
            (Ink::Grid, "ink-grid".to_owned()),
            (Ink::Accent, "ink-accent".to_owned()),
            (Ink::Surface, "ink-surface".to_owned()),
            (Ink::Bad, "ink-bad".to_owned()),
        ];
        let series = (0..SERIES).map(|i| (Ink::Series(i), format!("series-{i}")));
        if let Ok(Some(computed)) = window().get_computed_style(&probe) {
            for (ink, class) in named.into_iter().chain(series) {
                probe.set_class_name(&class);
                let text = computed
                    .get_property_value("background-color")
                    .unwrap_or_default();
                colours.inks.insert(ink, colour(&text));
            }
            colours.font = computed
                .get_property_value("font-family")
                .unwrap_or(colours.font);
        }
        probe.remove();
        colours
    }
}

impl Palette for Colours {
    fn colour(&self, ink: Ink) -> (u8, u8, u8, f64) {
        let (asked, share) = match ink {
            Ink::Pale(series) => (Ink::Series(series), PALE),
            other => (other, 1.0),
        };
        let (r, g, b, alpha) = self
            .inks
            .get(&asked)
            .copied()
            .unwrap_or((128, 128, 128, 1.0));
        (r, g, b, alpha * share)
    }

    fn font(&self) -> &str {
        &self.font
    }
}

/// `rgb(1, 2, 3)` or `rgba(1, 2, 3, 0.5)`.
fn colour(text: &str) -> (u8, u8, u8, f64) {
    let inside = text.split(['(', ')']).nth(1).unwrap_or_default();
    let mut parts = inside
        .split([',', ' ', '/'])
        .filter(|part| !part.is_empty());
    let mut whole = || parts.next().and_then(|part| part.parse::<f64>().ok());
    match (whole(), whole(), whole(), whole()) {
        (Some(r), Some(g), Some(b), alpha) => (r as u8, g as u8, b as u8, alpha.unwrap_or(1.0)),
        _ => (128, 128, 128, 1.0),
    }
}
