//! The least-squares problem: logarithms of predicted over measured step times, and each parameter's own distance
//! from what was stated beforehand.

use super::parameters::Parameters;
use autoparallel::estimate::Book;
use autoparallel::fit::Setup;
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra::{DMatrix, DVector, Dyn, storage::Owned};

/// Error that a perfect model would still make: clusters differ by 2 to 7 % (notes of the runs).
const NOISE: f64 = 0.07;
/// Errors count as outliers from here on: their weight falls.
const OUTLIER: f64 = 0.10;
/// Step of the numerical derivative, in spreads.
const STEP: f64 = 1e-3;
/// Times the weights of outliers are set again.
const ROUNDS: usize = 3;

/// A run to fit.
#[derive(Clone)]
pub struct Sample {
    /// Case and layout.
    pub setup: Setup,
    /// Parameters that it depends on.
    pub uses: Vec<usize>,
    /// Logarithm of the measured step time.
    pub log_measured: f64,
    /// Its share of its group's say.
    pub weight: f64,
}

/// Runs with the parameters to find.
pub struct Problem<'a> {
    parameters: &'a Parameters,
    samples: Vec<Sample>,
    x: DVector<f64>,
    /// How much each sample counts, outliers less.
    trust: Vec<f64>,
}

impl Sample {
    /// Logarithm of predicted over measured.
    pub fn error(&self, parameters: &Parameters, x: &dyn Fn(usize) -> f64) -> f64 {
        let mut setup = self.setup.clone();
        parameters.apply(&mut setup, &self.uses, x);
        predicted(&setup).ln() - self.log_measured
    }
}

/// Seconds of a step.
pub fn predicted(setup: &Setup) -> f64 {
    Book::new(&setup.case).estimate(&setup.layout).step().get()
}

/// The parameters that fit best, starting from `start`.
pub fn solve(
    parameters: &Parameters,
    samples: Vec<Sample>,
    start: &[f64],
    rounds: usize,
) -> Vec<f64> {
    let n = samples.len();
    let mut problem =
        Problem { parameters, samples, x: DVector::from_row_slice(start), trust: vec![1.0; n] };
    for _ in 0..rounds.min(ROUNDS) {
        let x = problem.x.clone();
        for i in 0..n {
            let error = problem.samples[i].error(parameters, &|j| x[j]);
            let far = error / OUTLIER;
            problem.trust[i] = (1.0 / (1.0 + far * far)).sqrt();
        }
        let method = LevenbergMarquardt::new().with_ftol(1e-4).with_xtol(1e-4).with_patience(3);
        let (solved, _) = method.minimize(problem);
        problem = solved;
    }
    problem.x.iter().copied().collect()
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for Problem<'_> {
    type ParameterStorage = Owned<f64, Dyn>;
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;

    fn set_params(&mut self, x: &DVector<f64>) {
        self.x.copy_from(x);
    }

    fn params(&self) -> DVector<f64> {
        self.x.clone()
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        let runs = self.samples.iter().zip(&self.trust).map(|(sample, trust)| {
            sample.error(self.parameters, &|j| self.x[j]) * sample.weight * trust / NOISE
        });
        let all: Vec<f64> = runs.chain(self.x.iter().copied()).collect();
        Some(DVector::from_vec(all))
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let (rows, columns) = (self.samples.len() + self.x.len(), self.x.len());
        let mut jacobian = DMatrix::zeros(rows, columns);
        for (i, (sample, trust)) in self.samples.iter().zip(&self.trust).enumerate() {
            let here = sample.error(self.parameters, &|j| self.x[j]);
            for &k in &sample.uses {
                let moved = |j: usize| self.x[j] + if j == k { STEP } else { 0.0 };
                let there = sample.error(self.parameters, &moved);
                jacobian[(i, k)] = (there - here) / STEP * sample.weight * trust / NOISE;
            }
        }
        for k in 0..columns {
            jacobian[(self.samples.len() + k, k)] = 1.0;
        }
        Some(jacobian)
    }
}
