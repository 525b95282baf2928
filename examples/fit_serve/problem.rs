//! The least-squares problem: logarithms of predicted over measured figures, and each parameter's own distance from
//! what was stated. Solved by damped Gauss-Newton steps on normal equations; outliers count less (Cauchy weights).

use crate::parameters::Parameters;
use autoparallel::fit::serve::{ServeMeasured, ServeRun, ServeSetup, of_setup};
use nalgebra::{DMatrix, DVector};

/// Error that a perfect model would still make: engines' kernels repeat within 3 to 8 %, whole runs hardly better.
const NOISE: f64 = 0.10;
/// The same of the time to the first token, which hangs on how a benchmark sends its requests.
const NOISE_FIRST: f64 = 0.20;
/// Errors count as outliers from here on.
const OUTLIER: f64 = 0.20;
/// Step of the numerical derivative, in spreads.
const STEP: f64 = 1e-2;

/// A row to fit.
#[derive(Clone)]
pub struct Sample {
    /// What was run.
    pub run: ServeRun,
    /// What was asked, under stated constants.
    pub setup: ServeSetup,
    /// Parameters that it depends on.
    pub uses: Vec<usize>,
    /// Logarithms of what was measured: first token, token, rate, whole.
    pub log_measured: [Option<f64>; 4],
    /// Its share of its source's say.
    pub weight: f64,
}

/// Errors of the four figures.
pub type Errors = [Option<f64>; 4];

impl Sample {
    /// Logarithms of what was measured of a row.
    pub fn measured(run: &ServeRun, measured: &ServeMeasured) -> Errors {
        let ln = |value: Option<f64>| value.map(f64::ln);
        // Where there is a rate, the whole says the same once more.
        let whole = measured.whole_ms.filter(|_| measured.tok_s.is_none());
        let rate = measured.tok_s.filter(|_| run.tier != "C");
        [ln(measured.ttft_ms), ln(measured.tpot_ms), ln(rate), ln(whole)]
    }

    /// Logarithms of predicted over measured.
    pub fn errors(&self, parameters: &Parameters, x: &dyn Fn(usize) -> f64) -> Errors {
        let mut setup = self.setup.clone();
        parameters.apply(&mut setup, &self.uses, x);
        let said = of_setup(&setup, &self.run);
        let ms = |time: Option<autoparallel::units::Seconds>| {
            time.map(|time| (time.get() * 1e3).max(1e-9).ln())
        };
        let rate = said.rate.map(|rate| rate.get().max(1e-9).ln());
        let logs = [ms(said.first_token), ms(said.per_token), rate, ms(said.whole)];
        let mut errors = [None; 4];
        for (i, error) in errors.iter_mut().enumerate() {
            *error = logs[i].zip(self.log_measured[i]).map(|(said, measured)| said - measured);
        }
        errors
    }
}

/// What a residual of size `error` counts, over noise.
fn trust(error: f64) -> f64 {
    let far = error / OUTLIER;
    (1.0 / (1.0 + far * far)).sqrt()
}

fn noise(figure: usize) -> f64 {
    if figure == 0 { NOISE_FIRST } else { NOISE }
}

/// Rows of the normal equations that one sample adds: gradient by its own parameters, and residual.
pub struct Linear {
    rows: Vec<(f64, f64, Vec<f64>)>,
}

/// Residuals and derivatives of a sample at `x`.
pub fn linear(sample: &Sample, parameters: &Parameters, x: &[f64]) -> Linear {
    let here = sample.errors(parameters, &|j| x[j]);
    let mut slopes: Vec<[f64; 4]> = Vec::with_capacity(sample.uses.len());
    for &k in &sample.uses {
        let there = sample.errors(parameters, &|j| x[j] + if j == k { STEP } else { 0.0 });
        let mut slope = [0.0; 4];
        for i in 0..4 {
            if let (Some(a), Some(b)) = (there[i], here[i]) {
                slope[i] = (a - b) / STEP;
            }
        }
        slopes.push(slope);
    }
    let mut rows = Vec::new();
    for (i, error) in here.iter().enumerate() {
        let Some(error) = error else { continue };
        let scale = sample.weight / noise(i) * trust(*error);
        let slope = slopes.iter().map(|all| all[i]).collect();
        rows.push((*error, scale, slope));
    }
    Linear { rows }
}

/// Normal equations `A x = b` of samples around `x`: priors included.
pub struct Normal {
    pub a: DMatrix<f64>,
    pub b: DVector<f64>,
}

impl Normal {
    pub fn new(n: usize) -> Self {
        Self { a: DMatrix::identity(n, n), b: DVector::zeros(n) }
    }

    /// Adds a sample, or takes it away where `sign` is negative.
    pub fn add(&mut self, sample: &Sample, linear: &Linear, x: &[f64], sign: f64) {
        for (error, scale, slope) in &linear.rows {
            let weight = sign * scale * scale;
            // Target of the linear model in absolute terms: slope . x_new = slope . x - error.
            let at: f64 =
                sample.uses.iter().zip(slope).map(|(&k, s)| s * x[k]).sum::<f64>() - error;
            for (&k, s) in sample.uses.iter().zip(slope) {
                if *s == 0.0 {
                    continue;
                }
                self.b[k] += weight * s * at;
                for (&l, t) in sample.uses.iter().zip(slope) {
                    self.a[(k, l)] += weight * s * t;
                }
            }
        }
    }

    /// The parameters that solve them, at most `reach` away from `x` in each.
    pub fn solve(&self, x: &[f64], reach: f64) -> Vec<f64> {
        let solved = self.a.clone().cholesky().map(|factor| factor.solve(&self.b));
        let Some(solved) = solved else { return x.to_vec() };
        let step = |(new, old): (&f64, &f64)| old + (new - old).clamp(-reach, reach);
        solved.iter().zip(x).map(step).collect()
    }
}

/// What is made as small as can be.
pub fn cost(samples: &[Sample], parameters: &Parameters, x: &[f64]) -> f64 {
    let mut sum: f64 = x.iter().map(|x| x * x).sum();
    for sample in samples {
        for (i, error) in sample.errors(parameters, &|j| x[j]).iter().enumerate() {
            if let Some(error) = error {
                // Cauchy's law: what the weights of outliers minimise.
                let far = error / OUTLIER;
                let scale = sample.weight / noise(i) * OUTLIER;
                sum += scale * scale * (1.0 + far * far).ln();
            }
        }
    }
    sum
}
