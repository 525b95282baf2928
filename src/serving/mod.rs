//! F1: what is asked of a model in service: number formats, traffic, goals, and the engine that answers.

mod ask;
mod engine;
mod format;
mod held;
mod room;
mod service;
mod traffic;

pub use ask::{ApiPrice, Ask, AskedMachine, Demand, FixedServing};
pub use engine::{Admission, Engine, Factor, FactorOf, Fills, MemoryRule, ServeRange};
pub use format::{KvFormat, ProductFormat, WeightFormat};
pub use held::{Held, parts};
pub use room::Room;
pub use service::{Instance, Service, ServiceError};
pub use traffic::{Goals, Mode, Speculation, Traffic};
