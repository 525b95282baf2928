//! A canvas that shows a scene: sharp on every screen, in the theme's colours, with a text for
//! what is pointed at. What it shows is also in a table beside it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement, ResizeObserver};

use super::live::words;
use super::state::state;
use crate::chart::{Hit, Ink, Palette, Point, SERIES, Scene, paint};

/// Widest canvas, in device pixels; browsers refuse much more.
const PIXELS_MAX: f64 = 8192.0;

/// Opacity of paler inks.
const PALE: f64 = 0.62;

/// The place of what is pointed at while that is nothing.
pub const NOWHERE: u32 = u32::MAX;

/// Draws what `scene` makes of a width in CSS pixels, with the text of what is pointed at below.
pub fn plot(
    scene: impl Fn(f64) -> Scene + Send + 'static,
    label: impl Fn() -> String + Send + 'static,
) -> AnyView {
    let sheet = Sheet::new(RwSignal::new(NOWHERE), false, Box::new(scene));
    let readout = move || sheet.hit().map(|hit| hit.text).unwrap_or_default();
    let below =
        view! { <p class="readout" aria-hidden="true">{words(move || readout())}</p> }.into_any();
    sheet.view(Box::new(label), below)
}

/// The same, where `at` is the place of what is pointed at: it stays when the pointer leaves, and moves with the
/// arrow keys. A finger only points; what is said beside the plot has the link.
pub fn explorer(
    scene: impl Fn(f64) -> Scene + Send + 'static,
    label: impl Fn() -> String + Send + 'static,
    at: RwSignal<u32>,
) -> AnyView {
    let sheet = Sheet::new(at, true, Box::new(scene));
    let ring = move || {
        let centre = sheet.hit().map_or(Point { x: -99.0, y: 0.0 }, |hit| hit.area.centre());
        format!("M{} {} m-9 0 a9 9 0 1 0 18 0 a9 9 0 1 0 -18 0", centre.x, centre.y)
    };
    let above = view! { <svg class="ring" aria-hidden="true"><path d=move || ring()/></svg> };
    sheet.view(Box::new(label), above.into_any())
}

/// A canvas and what is drawn on it.
#[derive(Clone, Copy)]
struct Sheet {
    frame: NodeRef<Div>,
    canvas: NodeRef<Canvas>,
    drawn: StoredValue<Scene, LocalStorage>,
    redrawn: RwSignal<u32>,
    at: RwSignal<u32>,
    /// What is pointed at stays, and moves with the arrow keys.
    explores: bool,
}

impl Sheet {
    fn new(at: RwSignal<u32>, explores: bool, scene: Box<dyn Fn(f64) -> Scene>) -> Self {
        let sheet = Self {
            frame: NodeRef::new(),
            canvas: NodeRef::new(),
            drawn: StoredValue::new_local(Scene::default()),
            redrawn: RwSignal::new(0),
            at,
            explores,
        };
        let width = RwSignal::new(0u32);
        observe(sheet.frame, width);
        sheet.redraw(width, scene);
        sheet
    }

    /// The canvas, and what goes with it.
    fn view(self, label: Box<dyn Fn() -> String + Send>, beside: AnyView) -> AnyView {
        view! {
            <div class="plot" class:explorer=self.explores node_ref=self.frame>
                <canvas
                    node_ref=self.canvas
                    role="img"
                    tabindex=self.explores.then_some("0")
                    aria-label=move || label()
                    on:pointermove=move |ev| self.point(&ev)
                    on:pointerleave=move |_| self.leave()
                    on:pointerup=move |ev| self.release(&ev)
                    on:keydown=move |ev| self.step(&ev)
                ></canvas>
                {beside}
            </div>
        }
        .into_any()
    }

    /// What is pointed at.
    fn hit(self) -> Option<Hit> {
        self.redrawn.track();
        let at = self.at.get() as usize;
        self.drawn.with_value(|scene| scene.hits.get(at).cloned())
    }

    /// The place of what is under the pointer.
    fn under(self, ev: &PointerEvent) -> u32 {
        let at = Point { x: f64::from(ev.offset_x()), y: f64::from(ev.offset_y()) };
        let (place, leads) = self.drawn.with_value(|scene| {
            let place = scene.hit(at);
            let hit = place.and_then(|place| scene.hits.get(place));
            (place, hit.is_some_and(|hit| hit.link.is_some()))
        });
        if let Some(canvas) = self.canvas.get_untracked() {
            drop(canvas.class_list().toggle_with_force("leads", leads));
        }
        place.map_or(NOWHERE, |place| place as u32)
    }

    fn point(self, ev: &PointerEvent) {
        let place = self.under(ev);
        let stays = self.explores && place == NOWHERE;
        if !stays && self.at.get_untracked() != place {
            self.at.set(place);
        }
    }

    fn leave(self) {
        if !self.explores {
            self.at.set(NOWHERE);
        }
    }

    fn release(self, ev: &PointerEvent) {
        self.point(ev);
        if self.under(ev) != NOWHERE && (!self.explores || ev.pointer_type() == "mouse") {
            self.open();
        }
    }

    /// Follows the link of what is pointed at.
    fn open(self) {
        if let Some(link) = untrack(|| self.hit()).and_then(|hit| hit.link) {
            drop(window().location().set_hash(&link));
        }
    }

    /// Moves from place to place by keys.
    fn step(self, ev: &KeyboardEvent) {
        let n = self.drawn.with_value(|scene| scene.hits.len() as u32);
        let at = self.at.get_untracked();
        let known = at < n;
        let next = match ev.key().as_str() {
            "ArrowRight" | "ArrowDown" if known => (at + 1).min(n - 1),
            "ArrowLeft" | "ArrowUp" if known => at.saturating_sub(1),
            "ArrowRight" | "ArrowDown" | "ArrowLeft" | "ArrowUp" | "Home" if n > 0 => 0,
            "End" if n > 0 => n - 1,
            "Enter" => {
                self.open();
                return;
            }
            _ => return,
        };
        ev.prevent_default();
        self.at.set(next);
    }

    /// Draws again whenever the scene, the width or the colours change.
    fn redraw(self, width: RwSignal<u32>, scene: Box<dyn Fn(f64) -> Scene>) {
        let state = state();
        Effect::new(move |_| {
            let theme = state.theme.get();
            let (Some(canvas), width) = (self.canvas.get(), width.get()) else {
                return;
            };
            if width > 0 {
                let scene = scene(f64::from(width));
                draw(&canvas, &scene, &Colours::of_theme(theme, &canvas));
                self.drawn.set_value(scene);
                self.redrawn.update(|n| *n = n.wrapping_add(1));
            }
        });
    }
}

/// Keeps `width` at the width of the frame.
fn observe(frame: NodeRef<Div>, width: RwSignal<u32>) {
    let observed = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn FnMut()>)>);
    Effect::new(move |_| {
        let Some(frame) = frame.get() else { return };
        let element: Element = frame.unchecked_into();
        let measured = element.clone();
        let measure = move || {
            let now = measured.client_width().unsigned_abs();
            if width.try_get_untracked().is_some_and(|before| before != now) {
                width.set(now);
            }
        };
        measure();
        let changed = Closure::<dyn FnMut()>::new(measure);
        if let Ok(observer) = ResizeObserver::new(changed.as_ref().unchecked_ref()) {
            observer.observe(&element);
            observed.set_value(Some((observer, changed)));
        }
    });
    on_cleanup(move || {
        observed.update_value(|observed| {
            if let Some((observer, _)) = observed.take() {
                observer.disconnect();
            }
        });
    });
}

fn draw(canvas: &web_sys::HtmlCanvasElement, scene: &Scene, colours: &Colours) {
    let longest = scene.width.max(scene.height).max(1.0);
    let ratio = window().device_pixel_ratio().clamp(1.0, 4.0).min(PIXELS_MAX / longest);
    // Setting the size also clears the canvas.
    canvas.set_width((scene.width * ratio).round() as u32);
    canvas.set_height((scene.height * ratio).round() as u32);
    let Some(mut backend) = CanvasBackend::with_canvas_object(canvas.clone()) else {
        return;
    };
    if let Err(error) = paint(scene, &mut backend, colours, ratio) {
        leptos::logging::error!("chart: {error}");
    }
}

/// The colours of the theme, as the style sheet has them.
struct Colours {
    inks: BTreeMap<Ink, (u8, u8, u8, f64)>,
    font: String,
}

thread_local! {
    /// The colours of the theme with that number: asking for them is dear.
    static KNOWN: RefCell<Option<(u32, Rc<Colours>)>> = const { RefCell::new(None) };
}

impl Colours {
    fn of_theme(theme: u32, canvas: &HtmlElement) -> Rc<Self> {
        KNOWN.with_borrow_mut(|known| match known {
            Some((number, colours)) if *number == theme => colours.clone(),
            _ => {
                let colours = Rc::new(Self::of(canvas));
                *known = Some((theme, colours.clone()));
                colours
            }
        })
    }

    /// A custom property is a mere text; as the background of an element it becomes a colour. The
    /// element that is asked stands within the canvas, where nothing is shown.
    fn of(canvas: &HtmlElement) -> Self {
        let mut colours = Self { inks: BTreeMap::new(), font: String::from("sans-serif") };
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
            (Ink::Wash, "ink-wash".to_owned()),
        ];
        let series = (0..SERIES).map(|i| (Ink::Series(i), format!("series-{i}")));
        if let Ok(Some(computed)) = window().get_computed_style(&probe) {
            for (ink, class) in named.into_iter().chain(series) {
                probe.set_class_name(&class);
                let text = computed.get_property_value("background-color").unwrap_or_default();
                colours.inks.insert(ink, colour(&text));
            }
            colours.font = computed.get_property_value("font-family").unwrap_or(colours.font);
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
        let (r, g, b, alpha) = self.inks.get(&asked).copied().unwrap_or((128, 128, 128, 1.0));
        (r, g, b, alpha * share)
    }

    fn font(&self) -> &str {
        &self.font
    }
}

/// `rgb(1, 2, 3)` or `rgba(1, 2, 3, 0.5)`.
fn colour(text: &str) -> (u8, u8, u8, f64) {
    let inside = text.split(['(', ')']).nth(1).unwrap_or_default();
    let mut parts = inside.split([',', ' ', '/']).filter(|part| !part.is_empty());
    let mut whole = || parts.next().and_then(|part| part.parse::<f64>().ok());
    match (whole(), whole(), whole(), whole()) {
        (Some(r), Some(g), Some(b), alpha) => (r as u8, g as u8, b as u8, alpha.unwrap_or(1.0)),
        _ => (128, 128, 128, 1.0),
    }
}
