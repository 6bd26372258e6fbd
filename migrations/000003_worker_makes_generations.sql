-- The worker makes the vector table of its model without the right to become the owner.
grant execute on function create_embedding_generation(text, text, int) to belay_worker;
