//! Which texts are computed together: sorted by length, so that little is padded, and bounded by
//! tokens, so that memory is bounded. Pure.

/// Most texts in a batch.
const MAX_TEXTS: usize = 64;

/// Groups texts by their token counts; every index appears once. A batch costs its longest text
/// times its size, and that product stays within `budget` unless a single text is longer.
pub(crate) fn plan(lengths: &[usize], budget: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(lengths[index]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut longest = 0;
    for index in order {
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_TEXTS && longest * (batch.len() + 1) <= budget => {
                batch.push(index);
            }
            _ => {
                longest = lengths[index].max(1);
                batches.push(vec![index]);
            }
        }
    }
    batches
}
