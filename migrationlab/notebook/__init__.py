"""What a notebook imports: `from migrationlab import lab`, and the magics that come with it."""
